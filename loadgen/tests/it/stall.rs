//! A server that stalls for a known time has known percentiles.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use loadgen::{Measure, Mix, Verdict, Wallet, run};

use crate::server::{Answer, Server};
use crate::support::{constant, measured, options};

/// Answers at once, but freezes during [2, 3) of every five seconds since the first request.
fn stalling_server() -> Server {
    let first = OnceLock::new();
    Server::start(move |_| {
        let since = first.get_or_init(Instant::now).elapsed();
        let phase = since.as_secs_f64() % 5.0;
        if (2.0..3.0).contains(&phase) {
            std::thread::sleep(Duration::from_secs_f64(3.0 - phase));
        }
        Answer::empty(200)
    })
}

/// One request in five falls into a stall, x seconds after its start, and waits 1 - x: P(time > L) = 0.2 (1 - L). So 90 % are
/// answered within 500 ms and 99 % within 950 ms; working off what has piled up (1,500 requests at 30,000 to 60,000 per second)
/// moves these to at most 533 and 955 ms.
#[test]
fn a_stall_is_seen_by_all_who_came_in_it() {
    measured(|| {
        let server = stalling_server();
        let mut options = options();
        options.settings.connections_max = 128;
        let plan = constant(1_500.0, Duration::from_secs(20), Mix::get("/"));
        let result = run(&server.target, &plan, &mut Wallet::new(1), &options).unwrap();
        let get = &result.kinds[&loadgen::Kind::Get];
        assert_eq!((get.counts.asked, get.counts.right, get.counts.dropped), (30_000, 30_000, 0));
        let times = get.response_time();
        assert!((490e3..=544e3).contains(&times.p90_us), "{times:?}");
        assert!((931e3..=974e3).contains(&times.p99_us), "{times:?}");
        assert!((979e3..=1_030e3).contains(&times.p99_9_us), "{times:?}");
        assert!(times.p50_us < 10e3, "{times:?}");
        // What waited for a connection shows in the send lag; the generator itself was on time.
        assert!(get.quantiles(Measure::SendLag).p90_us > 400e3);
        assert!(result.pacing_lag.p99_us < 25e3, "{:?}", result.pacing_lag);
        assert_eq!(result.verdict, Verdict::Failed);
        assert_eq!(result.limited_by, Some(loadgen::Limit::Target));
    });
}
