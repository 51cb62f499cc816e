//! Load on servers of any make: how they are spoken to, what may be asked of them, and what runs leave behind.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use loadgen::known::{Behaviour, KnownServer};

use crate::program::{Bench, text_of};

/// A server in another language, as `scenarios/targets` has it.
struct TicketOffice {
    process: Child,
    url: String,
}

const TARGETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/targets");

impl TicketOffice {
    fn start() -> Self {
        let script = Path::new(TARGETS).join("ticket-office.py");
        let started = Command::new("python3").arg(script).arg("0").stdout(Stdio::piped()).stdin(Stdio::null()).spawn();
        let mut process = started.expect("this test runs a server in Python: install python3");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("the server said {line:?}"));
        TicketOffice { url: format!("http://127.0.0.1:{port}"), process }
    }
}

impl Drop for TicketOffice {
    fn drop(&mut self) {
        // Only the process that this value started.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server that answers at once.
fn quick() -> KnownServer {
    KnownServer::start(Behaviour::Stall { after: Duration::ZERO, lasts: Duration::ZERO }).unwrap()
}

#[test]
fn a_server_in_another_language_is_loaded_by_its_target_file() {
    let (bench, office) = (Bench::new(), TicketOffice::start());
    let file = format!("{TARGETS}/ticket-office.toml");
    let streams = ["register=5", "issue=20", "verify=50", "cancel=3", "check-in=5"];
    let mut arguments =
        vec!["load", "--target", &office.url, "--target-file", &file, "--duration", "3s", "--out", "run"];
    streams.iter().for_each(|stream| arguments.extend(["--stream", stream]));
    let output = bench.run(&arguments);
    let record = bench.record("run");
    for kind in ["register", "issue", "verify", "cancel", "check_in"] {
        let counts = &record["kinds"][kind];
        let of = |name: &str| counts[name].as_u64().unwrap();
        assert!(of("asked") > 0 && of("right") + of("without_pass") == of("asked"), "{kind}: {counts}");
        assert!(bench.path(&format!("run/hgrm/response_time-{kind}.hgrm")).is_file());
    }
    // Nobody without a pass at a check: they were issued beforehand. Bad ones were shown, and found bad.
    assert_eq!(record["kinds"]["verify"]["without_pass"], 0, "{record}");
    assert!(output.status.code() == Some(0) || record["verdict"] != "held", "{}", text_of(&output.stderr));
    for table in ["intervals", "percentiles"] {
        assert!(bench.path(&format!("run/tables/{table}.parquet")).is_file());
    }
    assert_eq!(record["consent"], serde_json::Value::Null, "this machine needs none");
}

#[test]
fn a_dry_run_prints_requests_and_sends_none() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let file = format!("{TARGETS}/ticket-office.toml");
    let arguments =
        ["load", "--target", &url, "--target-file", &file, "--rate", "10", "--arrivals", "constant", "--dry-run", "2"];
    let printed = bench.succeed(&arguments);
    let host = url.strip_prefix("http://").unwrap();
    let request = format!(
        "POST /tickets HTTP/1.1\r\nhost: {host}\r\nuser-agent: lockgate/{}\r\nauthorization: Ticket TOKEN-OF-RESIDENT-0\r\n\
         content-type: application/x-www-form-urlencoded\r\nx-office: north\r\ncontent-length: 26\r\n\r\nwhy=groceries&seconds=null\n",
        env!("CARGO_PKG_VERSION")
    );
    let expected = format!("--- 1 of 2: issue by resident 0 at 0.000000 s\n{request}");
    assert!(printed.starts_with(&expected), "{printed}");
    assert!(printed.contains("--- 2 of 2: issue by resident 0 at 0.100000 s\n"), "{printed}");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody came");
    assert!(!bench.path("lockgate-runs").exists());
}

#[test]
fn other_hosts_need_words_and_stay_under_ceilings() {
    let bench = Bench::new();
    // 192.0.2.0/24 is kept for documentation (RFC 5737), and nothing is sent there.
    let host = ["load", "--target", "http://192.0.2.7", "--rate", "500", "--duration", "90s", "--dry-run"];
    assert!(bench.fail(2, &host).contains("add --i-operate-this-target 192.0.2.7"));
    let consent = [&host[..], &["--i-operate-this-target", "192.0.2.7"]].concat();
    let said = bench.fail(2, &consent);
    assert!(said.contains("--rate-ceiling 500") && said.contains("--duration-ceiling 90s"), "{said}");
    bench.succeed(&[&consent[..], &["--rate-ceiling", "500", "--duration-ceiling", "2m"]].concat());
    let closed =
        ["load", "--target", "http://192.0.2.7", "--i-operate-this-target", "192.0.2.7", "--closed", "4", "--dry-run"];
    assert!(bench.fail(2, &closed).contains("a closed loop has no rate"));
}

/// Runs the program in a shell that may open `files` files and holds `held` of them itself.
fn run_with_few_files(bench: &Bench, files: u32, held: u32, arguments: &[&str]) -> Output {
    let script = format!("ulimit -n {files}; for i in $(seq {held}); do exec {{file}}</dev/null; done; exec \"$@\"");
    let program = bench.command(arguments);
    let mut shell = Command::new("bash");
    shell.args(["-c", &script, "bash"]).arg(program.get_program()).args(program.get_args());
    shell.current_dir(bench.path(".")).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn too_few_open_files_refuse_a_run_or_are_named_as_its_bound() {
    let bench = Bench::new();
    let slow = Behaviour::Slots { slots: 20, service: Duration::from_millis(500) };
    let server = KnownServer::start(slow).unwrap();
    let url = server.target().url();
    let fixed = ["load", "--target", &url, "--get", "/", "--rate", "200", "--duration", "2s", "--out", "run"];
    let arguments = [&fixed[..], &["--set", "load.connections_max=60", "--set", "load.read_metrics=false"]].concat();
    let refused = run_with_few_files(&bench, 100, 0, &arguments);
    let said = text_of(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("60 connections need 124 open files, and the system allows 100"), "{said}");
    // Others hold what the run may use: it goes on with the connections that it gets, and says what it lacked.
    let output = run_with_few_files(&bench, 124, 80, &arguments);
    assert_eq!(output.status.code(), Some(3), "{}", text_of(&output.stderr));
    let record = bench.record("run");
    let get = &record["kinds"]["get"];
    let of = |name: &str| get[name].as_u64().unwrap();
    assert!(of("dropped") > 0 && of("right") > 0 && of("sent") + of("dropped") == of("asked"), "{get}");
    assert_eq!(record["limited_by"], "generator");
    let bound = format!("GENERATOR-LIMITED: {} requests were dropped because too many files were open", of("dropped"));
    assert!(record["assessment"].as_str().unwrap().starts_with(&bound), "{record}");
}

#[test]
fn objectives_of_a_file_decide_the_exit_code() {
    let (bench, server) = (Bench::new(), quick());
    bench.write("loose.toml", "[slo.get]\npercentile = 50\nresponse_time_ms = 5_000\nright_share = 0.5\n");
    bench.write("tight.toml", "[slo]\n[slo.get]\npercentile = 1\nresponse_time_ms = 0.000_001\n");
    bench.write("bad.toml", "[slo]\npercentil = 1\n[slo.get]\nright_share = 2\n");
    let url = server.target().url();
    let fixed = ["load", "--target", &url, "--get", "/", "--rate", "100", "--duration", "1s", "--slo"];
    bench.succeed(&[&fixed[..], &["loose.toml", "--out", "loose"]].concat());
    assert_eq!(bench.record("loose")["verdict"], "held");
    let output = bench.run(&[&fixed[..], &["tight.toml", "--out", "tight"]].concat());
    // A limit of a nanosecond fails, or the machine was too busy to tell; it is never held.
    assert!(matches!(output.status.code(), Some(1 | 3)), "{}", text_of(&output.stdout));
    let said = bench.fail(2, &[&fixed[..], &["bad.toml"]].concat());
    assert!(said.contains("bad.toml:2: slo.percentil: there is no key"), "{said}");
    assert!(said.contains("bad.toml:4: slo.get.right_share"), "{said}");
}

#[test]
fn parts_of_a_run_are_joined() {
    let (bench, server) = (Bench::new(), quick());
    let url = server.target().url();
    let fixed = ["load", "--target", &url, "--get", "/", "--rate", "200", "--duration", "2s"];
    for (shard, out) in [("1/1", "whole"), ("1/2", "a"), ("2/2", "b")] {
        bench.run(&[&fixed[..], &["--shard", shard, "--out", out]].concat());
    }
    bench.succeed(&["report", "a", "b", "--out", "both"]);
    let asked = |run: &str| bench.record(run)["kinds"]["get"]["asked"].as_u64().unwrap();
    assert_eq!(asked("both/load"), asked("whole"));
    assert_eq!(asked("a") + asked("b"), asked("whole"));
    // Second by second: asked, sent, answered, right and dropped are those of the run that nobody shared.
    let counts = |run: &str| {
        let table = bench.read(&format!("{run}/tables/intervals.csv"));
        let cells = |row: &str| row.split(',').take(7).map(str::to_owned).collect::<Vec<_>>();
        table.lines().map(cells).collect::<Vec<_>>()
    };
    assert_eq!(counts("both/load"), counts("whole"));
    assert!(bench.path("both/index.html").is_file());
    let said = bench.fail(2, &["report", "a", "a", "--out", "twice"]);
    assert!(said.contains("one of 2 parts of a schedule"), "{said}");
}

#[test]
fn a_slower_server_is_a_regression() {
    let bench = Bench::new();
    let slots = |ms| KnownServer::start(Behaviour::Slots { slots: 64, service: Duration::from_millis(ms) }).unwrap();
    let servers = [("before", slots(40)), ("after", slots(120))];
    // Both at once: what one waits for takes nothing from the other.
    let runs = servers.each_ref().map(|(out, server)| {
        let url = server.target().url();
        let arguments = ["load", "--target", &url, "--get", "/", "--rate", "30", "--duration", "12s", "--out", out];
        bench.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    for mut run in runs {
        run.wait().unwrap();
    }
    let same = bench.succeed(&["compare", "before", "before"]);
    assert!(same.contains("no regression"), "{same}");
    let output = bench.run(&["compare", "before", "after", "--margin", "0.5", "--out", "changes"]);
    let said = text_of(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("regression: worse by more than 50 %: get p50"), "{said}");
    assert!(
        bench
            .read("changes/tables/load_comparison.csv")
            .starts_with("kind,quantity,before,after,ratio,ratio_low,ratio_high,direction\n")
    );
    let record = bench.record("changes");
    assert_eq!((&record["command"], &record["verdict"]), (&"compare".into(), &"failed".into()), "{record}");
    assert_eq!(record["load_comparison"]["changes"][0]["direction"], "worse", "{record}");
    let page = bench.read("changes/index.html");
    assert!(page.contains("Regression</span>") && !page.contains("<script"), "{page}");
    let better = bench.succeed(&["compare", "after", "before", "--margin", "0.5"]);
    assert!(better.contains("better"), "{better}");
}
