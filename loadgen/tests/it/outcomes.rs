//! Whatever befalls a request is counted, once, as what it is.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use loadgen::{Counts, Kind, Limit, LoadResult, Mix, Options, Target, Verdict, Wallet, Warning, prepare, run};

use crate::server::{Answer, Server, pass_server};
use crate::support::{constant, machine, measured, options};

const SHORT: Duration = Duration::from_millis(500);

fn get(server: &Server, rate_per_s: f64, options: &Options<'_>) -> LoadResult {
    run(&server.target, &constant(rate_per_s, SHORT, Mix::get("/x")), &mut Wallet::new(1), options).unwrap()
}

fn counts(result: &LoadResult, kind: Kind) -> Counts {
    let counts = result.kinds[&kind].counts;
    assert_eq!(counts.asked, counts.sent + counts.without_pass + counts.dropped, "{counts:?}");
    assert_eq!(counts.sent, counts.answered + counts.failed + counts.timed_out + counts.abandoned, "{counts:?}");
    assert_eq!(counts.answered, counts.right + counts.refused + counts.overloaded + counts.wrong, "{counts:?}");
    counts
}

#[test]
fn a_wrong_verdict_is_a_failure_however_fast() {
    let _machine = machine();
    // A server that finds every code valid, bad ones too.
    let server = Server::start(|asked| pass_server(asked, |_| true));
    let options = options();
    let mut wallet = Wallet::new(1);
    let plan = constant(2_000.0, SHORT, Mix::only(Kind::Verify));
    let prepared = prepare(&server.target, &plan, &mut wallet, &options).unwrap();
    assert_eq!((prepared.residents, prepared.passes, prepared.warnings), (2_200, 2_200, vec![]));
    let result = run(&server.target, &plan, &mut wallet, &options).unwrap();
    let verify = counts(&result, Kind::Verify);
    // 6 % of 1,000 are bad passes; five standard deviations are 37.
    assert!(verify.wrong.abs_diff(60) < 38 && verify.right + verify.wrong == verify.asked, "{verify:?}");
    assert_eq!(result.verdict, Verdict::Failed);
    assert!(result.failures.iter().any(|failure| failure.contains("answered wrongly")), "{:?}", result.failures);
}

#[test]
fn the_right_verdict_on_each_kind_of_code_is_right() {
    let _machine = machine();
    // The test's codes are no lookup or signed codes, so unknown ones are of another scheme here; all but the good one are bad.
    let server = Server::start(|asked| pass_server(asked, |body| body == r#"{"code":"GOOD"}"#));
    let options = options();
    let mut wallet = Wallet::new(1);
    let plan = constant(2_000.0, SHORT, Mix::new(&[(Kind::Verify, 2.0), (Kind::Issue, 1.0), (Kind::Register, 1.0)]));
    prepare(&server.target, &plan, &mut wallet, &options).unwrap();
    let result = run(&server.target, &plan, &mut wallet, &options).unwrap();
    for kind in [Kind::Verify, Kind::Issue, Kind::Register] {
        let counts = counts(&result, kind);
        assert_eq!(counts.right, counts.asked, "{kind}: {counts:?}");
    }
    assert_eq!(result.kinds.values().map(|kind| kind.counts.asked).sum::<u64>(), 1_000);
}

#[test]
fn statuses_are_told_apart() {
    let _machine = machine();
    for (status, of) in [
        (503, (|counts| counts.overloaded) as fn(&Counts) -> u64),
        (429, |counts| counts.overloaded),
        (404, |counts| counts.refused),
        (500, |counts| counts.wrong),
        (201, |counts| counts.wrong),
    ] {
        let server = Server::start(move |_| Answer::empty(status));
        let counts = counts(&get(&server, 100.0, &options()), Kind::Get);
        assert_eq!((counts.asked, of(&counts)), (50, 50), "{status}");
    }
}

#[test]
fn a_refused_connection_is_a_failure() {
    let _machine = machine();
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let target = Target::parse(&format!("http://{address}"), &[]).unwrap();
    let result = run(&target, &constant(200.0, SHORT, Mix::get("/")), &mut Wallet::new(1), &options()).unwrap();
    assert_eq!(counts(&result, Kind::Get).failed, 100);
    assert_eq!(result.verdict, Verdict::Failed);
    assert!(prepare(&target, &constant(1.0, SHORT, Mix::get("/")), &mut Wallet::new(1), &options()).is_err());
}

#[test]
fn an_answer_that_breaks_off_is_a_failure_and_nonsense_is_wrong() {
    let _machine = machine();
    let server = Server::start(|_| Answer::hang_up());
    assert_eq!(counts(&get(&server, 100.0, &options()), Kind::Get).failed, 50);
    let count = AtomicU64::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) % 2 {
        0 => Answer(b"220 smtp ready\r\n".to_vec()),
        _ => Answer(b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n".to_vec()),
    });
    assert_eq!(counts(&get(&server, 100.0, &options()), Kind::Get).wrong, 50);
}

#[test]
fn chunks_large_bodies_and_closed_connections_are_no_trouble() {
    let _machine = machine();
    let count = AtomicU64::new(0);
    let large = "x".repeat(1 << 20);
    let server = Server::start(move |_| match count.fetch_add(1, Ordering::Relaxed) % 4 {
        0 => Answer(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".to_vec()),
        1 => Answer(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{large}", large.len()).into_bytes()),
        2 => Answer(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()),
        _ => Answer(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok".to_vec()),
    });
    assert_eq!(counts(&get(&server, 200.0, &options()), Kind::Get).right, 100);
}

#[test]
fn a_time_out_counts_with_the_time_that_was_waited() {
    measured(|| {
        let server = Server::start(|_| {
            std::thread::sleep(Duration::from_secs(2));
            Answer::empty(200)
        });
        let mut options = options();
        options.settings.timeout_ms = 300;
        let result = get(&server, 40.0, &options);
        assert_eq!(counts(&result, Kind::Get).timed_out, 20);
        let times = result.kinds[&Kind::Get].response_time();
        assert!(times.p50_us >= 299e3 && times.max_us < 600e3, "{times:?}");
        assert_eq!(result.limited_by, Some(Limit::Target));
    });
}

#[test]
fn what_finds_no_room_is_dropped_and_said() {
    measured(|| {
        let server = Server::start(|_| {
            std::thread::sleep(Duration::from_millis(100));
            Answer::empty(200)
        });
        let mut options = options();
        (options.settings.connections_max, options.settings.backlog_max) = (2, 10);
        let result = get(&server, 200.0, &options);
        // Two connections carry 20 a second: some 10 in the half second, 10 wait, the others are dropped.
        let get = counts(&result, Kind::Get);
        assert!(get.dropped > 60 && get.right >= 20 && get.right + get.dropped == 100, "{get:?}");
        assert!(result.warnings.iter().any(|warning| matches!(warning, Warning::BacklogFull { backlog_max: 10, .. })));
        assert_eq!((result.verdict, result.limited_by), (Verdict::Failed, Some(Limit::Target)));
    });
}

#[test]
fn what_still_waits_when_the_run_is_over_is_dropped_and_said() {
    measured(|| {
        let server = Server::start(|_| {
            std::thread::sleep(Duration::from_millis(150));
            Answer::empty(200)
        });
        let mut options = options();
        (options.settings.connections_max, options.settings.timeout_ms) = (1, 400);
        let result = get(&server, 200.0, &options);
        assert!(counts(&result, Kind::Get).dropped > 80);
        assert!(
            result.warnings.iter().any(|warning| matches!(warning, Warning::UnsentAtEnd { .. })),
            "{:?}",
            result.warnings
        );
    });
}

#[test]
fn a_generator_at_its_limit_spoils_the_run() {
    let _machine = machine();
    let server = Server::start(|_| Answer::empty(200));
    let mut options = options();
    // No generator is on time to a ten-billionth of a second, which is what this objective leaves it.
    options.slo.response_time_ms = 1e-6;
    let result = get(&server, 200.0, &options);
    assert_eq!((result.verdict, result.limited_by), (Verdict::Unusable, Some(Limit::Generator)));
    assert!(result.assessment.starts_with("GENERATOR-LIMITED: "), "{}", result.assessment);
    assert!(result.warnings[0].to_string().starts_with("The generator was the limit"), "{:?}", result.warnings);
}

#[test]
fn a_stopped_run_keeps_what_was_measured() {
    let _machine = machine();
    let server = Server::start(|_| Answer::empty(200));
    let stop = AtomicBool::new(false);
    let progress = |progress: &loadgen::Progress| stop.store(progress.answered > 50, Ordering::Relaxed);
    let options = Options { stop: &stop, progress: &progress, ..options() };
    let plan = constant(500.0, Duration::from_secs(60), Mix::get("/"));
    let result = run(&server.target, &plan, &mut Wallet::new(1), &options).unwrap();
    assert!(!result.complete && result.duration_s < 30.0, "{}", result.duration_s);
    assert!(counts(&result, Kind::Get).right > 50);
}

#[test]
fn redirects_are_not_followed() {
    let _machine = machine();
    let elsewhere = std::sync::Arc::new(AtomicU64::new(0));
    let seen = elsewhere.clone();
    let other = Server::start(move |_| {
        seen.fetch_add(1, Ordering::SeqCst);
        Answer::empty(200)
    });
    let location = other.target.url();
    let redirect = format!("HTTP/1.1 307 X\r\nlocation: {location}/x\r\ncontent-length: 0\r\n\r\n");
    let server = Server::start(move |_| Answer(redirect.clone().into_bytes()));
    // Neither in the run nor in preparation, which another client makes.
    assert_eq!(counts(&get(&server, 100.0, &options()), Kind::Get).wrong, 50);
    assert!(
        prepare(&server.target, &constant(10.0, SHORT, Mix::only(Kind::Issue)), &mut Wallet::new(1), &options())
            .is_err()
    );
    assert_eq!(elsewhere.load(Ordering::SeqCst), 0);
}
