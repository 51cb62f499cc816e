//! The tables of real load runs and a real search for capacity, against a server in this process.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

use loadgen::{
    Arrivals, CapacityResult, CapacitySettings, Kind, LoadSettings, Mix, Options, Path as LoadPath, Plan, Search, Slo,
    Target, Wallet,
};
use passes::{Purpose, Share};
use report::record::{Command, PeakRecord, Quantiles, Results};
use report::tables::{self, Table};
use report::{Run, RunFolder, RunRecord, write_capacity, write_load, write_page};

use crate::{fixture, support};

static NEVER: AtomicBool = AtomicBool::new(false);

/// A server that answers any request with 200, on a free port of this machine. It ends with the test process.
fn server() -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().take(64).flatten() {
            thread::spawn(move || answer(stream));
        }
    });
    Target::parse(&url, &[]).unwrap()
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut request = Vec::new();
    let mut bytes = [0; 1_024];
    loop {
        let read = stream.read(&mut bytes).ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&bytes[..read]);
        while let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            request.drain(..end + 4);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").ok()?;
        }
    }
}

fn options() -> Options<'static> {
    Options {
        settings: LoadSettings { threads: NonZeroUsize::new(1), connections_max: 16, ..LoadSettings::default() },
        slo: Slo { right_share: Share::of(0.9), ..Slo::default() },
        seed: 1,
        start_at: None,
        warm_up: Duration::ZERO,
        stop: &NEVER,
        progress: &|_| {},
    }
}

#[test]
fn a_load_run_leaves_a_whole_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = server();
    let plan = Plan::Rate {
        arrivals: Arrivals::Constant { rate_per_s: 200.0 },
        duration: Duration::from_millis(1_500),
        mix: Mix::get("/"),
    };
    let result = loadgen::run(&target, &plan, &mut Wallet::new(1), &options()).unwrap();
    let begun = RunFolder::create(&folder.path().join("load")).unwrap();
    let results = write_load(&begun, &result, &target, Some("1.5 s at 200/s".into())).unwrap();
    assert_eq!(results.kinds["get"].asked, 300);
    assert!(results.kinds["get"].response_time_us.p99.is_some());
    let verdict = Some(result.verdict.into());
    let results = Results { load: Some(results), ..Results::default() };
    begun.write_record(&RunRecord::new(fixture::heading(Command::Load), 1.5, results, verdict)).unwrap();
    write_page(&[Run::open(begun.path()).unwrap()], begun.path()).unwrap();
    let run = begun.finish().unwrap();
    support::keeps_the_promise(&run);
    support::tables_are_described(&run);
    let intervals = Table::read_csv(&tables::INTERVALS, &run.join("tables")).unwrap().unwrap();
    assert_eq!(intervals.numbers("asked").unwrap().iter().sum::<f64>(), 300.0);
    for measure in ["response_time", "service_time", "send_lag"] {
        let log = std::fs::read_to_string(run.join("hlog").join(measure).with_extension("hlog")).unwrap();
        assert!(log.contains("Tag=get"), "{measure}");
    }
    assert!(run.join("plots/latency-get.png").is_file());
}

#[test]
fn a_closed_loop_is_no_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let target = server();
    let plan = Plan::Closed { connections: 2, duration: Duration::from_millis(300), mix: Mix::get("/") };
    let result = loadgen::run(&target, &plan, &mut Wallet::new(1), &options()).unwrap();
    let begun = RunFolder::create(&folder.path().join("load")).unwrap();
    let load = write_load(&begun, &result, &target, None).unwrap().of_plan(&plan);
    assert_eq!((load.connections, load.replayed), (Some(2), false));
    assert_eq!(load.kinds["get"].send_lag_us, Quantiles::default());
    assert!(load.kinds["get"].response_time_us.p50.is_some());
    let results = Results { load: Some(load), ..Results::default() };
    let record = RunRecord::new(fixture::heading(Command::Load), 0.3, results, Some(result.verdict.into()));
    assert_eq!(record.verdict, None);
    assert!(record.sentence.starts_with("a closed loop of 2 connections answered "), "{}", record.sentence);
    begun.write_record(&record).unwrap();
    let page = std::fs::read_to_string(write_page(&[Run::open(begun.path()).unwrap()], begun.path()).unwrap()).unwrap();
    assert!(page.contains("it is no capacity") && !page.contains("kept") && !page.contains("The objectives:"));
    let run = begun.finish().unwrap();
    support::keeps_the_promise(&run);
    let percentiles = Table::read_csv(&tables::PERCENTILES, &run.join("tables")).unwrap().unwrap();
    assert!(percentiles.texts("measure").unwrap().iter().all(|measure| measure != "send_lag"));
}

#[test]
fn a_search_for_capacity_leaves_a_whole_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = server();
    let settings = CapacitySettings {
        start_per_s: 100.0,
        max_per_s: 200.0,
        bracket_step_s: 0.2,
        step_s: 0.2,
        warm_up_s: 0.0,
        ..CapacitySettings::default()
    };
    let search = Search {
        target: &target,
        settings,
        path: LoadPath::Mix(vec![(Kind::Get, 1.0)]),
        purpose: Purpose::Groceries,
        issues_per_resident: None,
        options: options(),
        on_step: &|_| {},
    };
    let found = CapacityResult { paths: vec![loadgen::find_capacity(&search).unwrap()] };
    let peak = PeakRecord { at_local: "2020-04-02T12:04:00.000+03:00".into(), rate_per_s: 20.0 };
    let begun = RunFolder::create(&folder.path().join("capacity")).unwrap();
    let results = write_capacity(&begun, &found, &[("mix".to_owned(), peak)].into()).unwrap();
    assert_eq!(results.peak_demand_per_s["mix"], 20.0);
    assert_eq!(results.headroom.get("mix").copied(), results.paths["mix"].usable_per_s.map(|usable| usable / 20.0));
    let results = Results { capacity: Some(results), ..Results::default() };
    begun.write_record(&RunRecord::new(fixture::heading(Command::Capacity), 1.0, results, None)).unwrap();
    write_page(&[Run::open(begun.path()).unwrap()], begun.path()).unwrap();
    let run = begun.finish().unwrap();
    support::keeps_the_promise(&run);
    support::tables_are_described(&run);
    let steps = Table::read_csv(&tables::CAPACITY_STEPS, &run.join("tables")).unwrap().unwrap();
    assert_eq!(steps.rows(), found.paths[0].steps.len());
}
