//! Requests go out when they are due, and the logs say so.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use demand::{Request, RequestKind, SimTime};
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use loadgen::{Kind, Measure, Mix, Plan, Shard, TracePlan, Verdict, Wallet, prepare, preview, run};

use crate::server::{Answer, Server, pass_server};
use crate::support::{constant, machine, measured, options};

#[test]
fn a_trace_is_played_at_its_own_times() {
    measured(|| {
        let seen: Arc<Mutex<Vec<(Instant, String)>>> = Arc::default();
        let log = seen.clone();
        let server = Server::start(move |asked| {
            log.lock().unwrap().push((Instant::now(), asked.path.clone()));
            pass_server(asked, |_| true)
        });
        let request =
            |ms, resident, kind| Request { at: SimTime::from_ms(ms), resident, place: 0, kind, purpose: None };
        let window = [
            request(1_000, 9, RequestKind::Register),
            request(1_600, 9, RequestKind::Issue),
            request(2_800, 9, RequestKind::Verify),
            request(3_000, 9, RequestKind::Cancel),
            request(3_400, 9, RequestKind::Verify),
        ];
        let mut options = options();
        options.settings.expired_share = passes::Share::of(0.0);
        let mut wallet = Wallet::new(2);
        let plan = Plan::Trace(TracePlan::new(&window, 2.0));
        prepare(&server.target, &plan, &mut wallet, &options).unwrap();
        seen.lock().unwrap().clear();
        let result = run(&server.target, &plan, &mut wallet, &options).unwrap();
        let seen = seen.lock().unwrap();
        let paths: Vec<&str> = seen.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["/v1/residents", "/v1/passes", "/v1/verifications", "/v1/passes/P"]);
        for ((at, path), due_ms) in seen.iter().zip([0, 300, 900, 1_000]) {
            let late = at.duration_since(seen[0].0).as_millis().abs_diff(due_ms);
            assert!(late < 100, "{path} came {late} ms off");
        }
        let verify = result.kinds[&Kind::Verify].counts;
        assert_eq!((verify.asked, verify.right, verify.without_pass), (2, 1, 1), "the pass was given back before");
        assert_eq!(result.verdict, Verdict::Held);
    });
}

#[test]
fn a_trace_is_played_slowly_and_ten_thousand_times_as_fast() {
    let _machine = machine();
    let server = Server::start(|asked| pass_server(asked, |_| true));
    let request = |number: u64| {
        let at = SimTime::from_ms(7_000 + 500 * number);
        Request { at, resident: number as u32, place: 0, kind: RequestKind::Register, purpose: None }
    };
    let window: Vec<Request> = (0..3_000).map(request).collect();
    let options = options();
    for (speed, gap_ns) in [(1.0, 500_000_000), (0.5, 1_000_000_000), (300.0, 1_666_666), (10_000.0, 50_000)] {
        let plan = Plan::Trace(TracePlan::new(&window, speed));
        let due = preview(&server.target, &plan, &options, Shard::WHOLE, window.len()).unwrap();
        assert_eq!(due.len(), window.len());
        for (number, request) in due.iter().enumerate() {
            // No instant drifts: each is the trace's own divided by the speed, not the sum of rounded gaps.
            let exact_ns = 500e6 * number as f64 / speed;
            let off_ns = request.at.as_nanos() as f64 - exact_ns;
            assert!(off_ns.abs() <= 1.0, "{speed} times as fast: {number} is {off_ns} ns off");
        }
        assert_eq!(due[1].at.as_nanos(), gap_ns);
    }
    // Twenty-five minutes in 0.15 s: all come due and all are asked, however busy the machine is.
    let plan = Plan::Trace(TracePlan::new(&window, 10_000.0));
    let mut wallet = Wallet::new(1);
    prepare(&server.target, &plan, &mut wallet, &options).unwrap();
    let result = run(&server.target, &plan, &mut wallet, &options).unwrap();
    let counts = result.kinds[&Kind::Register].counts;
    assert_eq!((counts.asked, counts.right), (3_000, 3_000), "{counts:?}");
    assert!((result.duration_s - 0.149_950_001).abs() < 1e-9, "{}", result.duration_s);
}

#[test]
fn a_closed_loop_keeps_its_connections_busy_and_says_what_it_is() {
    measured(|| {
        let server = Server::start(|_| {
            std::thread::sleep(Duration::from_millis(10));
            Answer::empty(200)
        });
        let plan = Plan::Closed { connections: 8, duration: Duration::from_secs(1), mix: Mix::get("/") };
        let result = run(&server.target, &plan, &mut Wallet::new(1), &options()).unwrap();
        assert!(result.closed_loop && result.warnings.contains(&loadgen::Warning::ClosedLoop));
        // Eight at 10 ms each are 800 a second at most.
        assert!((400.0..=808.0).contains(&result.throughput_per_s), "{}", result.throughput_per_s);
    });
}

#[test]
fn the_warm_up_is_not_measured() {
    let _machine = machine();
    let server = Server::start(|_| Answer::empty(200));
    let mut options = options();
    options.warm_up = Duration::from_millis(500);
    let plan = constant(1_000.0, Duration::from_millis(1_500), Mix::get("/"));
    let result = run(&server.target, &plan, &mut Wallet::new(1), &options).unwrap();
    assert_eq!(result.kinds[&Kind::Get].counts.asked, 1_000);
    assert!((result.duration_s - 1.0).abs() < 1e-9 && (result.asked_per_s - 1_000.0).abs() < 1e-6);
}

#[test]
fn seconds_add_up_and_the_log_is_read_back() {
    let _machine = machine();
    let server = Server::start(|asked| pass_server(asked, |_| true));
    let mut options = options();
    options.settings.threads = NonZeroUsize::new(2);
    let plan = constant(400.0, Duration::from_millis(2_500), Mix::new(&[(Kind::Get, 1.0), (Kind::Register, 1.0)]));
    let result = run(&server.target, &plan, &mut Wallet::new(2), &options).unwrap();
    assert_eq!(result.intervals.len(), 6, "three seconds of two kinds");
    let mut log = Vec::new();
    result.write_hlog(Measure::ResponseTime, &mut log).unwrap();
    let mut answers: BTreeMap<String, u64> = BTreeMap::new();
    for entry in IntervalLogIterator::new(&log) {
        let LogEntry::Interval(interval) = entry.unwrap() else { continue };
        let bytes = base64_decode(interval.encoded_histogram());
        let times: hdrhistogram::Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        *answers.entry(interval.tag().unwrap().as_str().to_owned()).or_default() += times.len();
        assert_eq!(interval.duration(), Duration::from_secs(1));
        assert!((interval.max() * 1e6 / times.max() as f64 - 1.0).abs() < 0.01, "the maximum is in milliseconds");
    }
    for (kind, of_kind) in &result.kinds {
        assert_eq!(answers[kind.name()], of_kind.counts.answered);
        let seconds = result.intervals.iter().filter(|interval| interval.kind == *kind);
        assert_eq!(seconds.map(|interval| interval.counts.right).sum::<u64>(), of_kind.counts.right);
    }
    for measure in [Measure::ServiceTime, Measure::SendLag] {
        let mut log = Vec::new();
        result.write_hlog(measure, &mut log).unwrap();
        let intervals = IntervalLogIterator::new(&log).filter(|entry| matches!(entry, Ok(LogEntry::Interval(_))));
        assert_eq!(intervals.count(), 6);
    }
}

/// Standard Base64 with padding (RFC 4648 section 4).
fn base64_decode(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=').chars().map(|digit| ALPHABET.find(digit).unwrap() as u32);
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in digits {
        bits = bits << 6 | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
