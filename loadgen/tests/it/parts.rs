//! Several generators share one schedule, and what they measured adds up to the whole.

use std::collections::BTreeMap;
use std::time::Duration;

use loadgen::{Arrivals, Counts, Kind, LoadResult, Measure, Mix, Part, Plan, Shard, Slo, Stream, Streams, Wallet};
use loadgen::{merge, prepare, read_hlog, run};

use crate::server::{Server, pass_server};
use crate::support::{machine, options};

fn plan() -> Plan {
    let stream = |kind, rate_per_s| Stream { kind, arrivals: Arrivals::Poisson { rate_per_s } };
    let streams = vec![stream(Kind::Issue, 120.0), stream(Kind::Verify, 200.0), stream(Kind::Get, 80.0)];
    Plan::Streams(Streams::new(streams, Duration::from_millis(2_500), Mix::get("/x")))
}

/// Plays this part of the plan against a server of its own, which knows the codes that it gave.
fn played(shard: Shard) -> LoadResult {
    let server = Server::start(|asked| pass_server(asked, |body| body == r#"{"code":"GOOD"}"#));
    let (options, plan) = (options(), plan());
    let mut wallet = Wallet::of_shard(2, shard);
    prepare(&server.target, &plan, &mut wallet, &options).unwrap();
    run(&server.target, &plan, &mut wallet, &options).unwrap()
}

/// A result as it is read back from a run folder.
fn part(result: &LoadResult) -> Part {
    let log = |measure| {
        let mut log = Vec::new();
        result.write_hlog(measure, &mut log).unwrap();
        read_hlog(&log).unwrap()
    };
    Part {
        started_at: result.started_at,
        complete: result.complete,
        duration_s: result.duration_s,
        limited_by: result.limited_by,
        throughput_per_s: result.throughput_per_s,
        goodput_per_s: result.goodput_per_s,
        generator_cpu_s: result.generator_cpu_s,
        phones_cpu_s: result.phones_cpu_s,
        kinds: result.kinds.iter().map(|(kind, found)| (*kind, found.counts)).collect(),
        seconds: result.intervals.iter().map(|found| ((found.second, found.kind), found.counts)).collect(),
        logs: Measure::ALL.into_iter().map(log).collect(),
    }
}

fn counts(result: &LoadResult) -> BTreeMap<(u32, Kind), Counts> {
    result.intervals.iter().map(|found| ((found.second, found.kind), found.counts)).collect()
}

#[test]
fn parts_of_a_schedule_make_the_whole() {
    let _machine = machine();
    let whole = played(Shard::WHOLE);
    let parts: Vec<LoadResult> = (0..3).map(|index| played(Shard { index, of: 3 })).collect();
    assert!(parts.iter().all(|part| part.kinds.values().all(|kind| kind.counts.right == kind.counts.asked)));
    let merged = merge(&parts.iter().map(part).collect::<Vec<_>>(), &Slo::default());
    // Second by second, kind by kind, what one generator asked for.
    assert_eq!(counts(&merged), counts(&whole));
    for (kind, found) in &merged.kinds {
        assert_eq!(found.counts, whole.kinds[kind].counts);
        // The histograms are the sum of the parts': no percentile lies outside theirs, and the greatest is the greatest.
        let of_parts = parts.iter().filter_map(|part| part.kinds.get(kind)).map(|part| part.response_time());
        let (p99s, maxima): (Vec<f64>, Vec<f64>) = of_parts.map(|times| (times.p99_us, times.max_us)).unzip();
        let times = found.response_time();
        let ends = |values: &[f64]| values.iter().fold((f64::MAX, 0.0_f64), |(a, b), v| (a.min(*v), b.max(*v)));
        assert!((ends(&p99s).0..=ends(&p99s).1).contains(&times.p99_us), "{kind}: {times:?} {p99s:?}");
        assert_eq!(times.max_us, ends(&maxima).1);
    }
    // One part alone, written and read back, is what it was.
    let again = merge(&[part(&whole)], &Slo::default());
    for (kind, found) in &again.kinds {
        for measure in Measure::ALL {
            assert_eq!(found.quantiles(measure), whole.kinds[kind].quantiles(measure), "{kind} {}", measure.name());
        }
    }
}
