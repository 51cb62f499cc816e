//! The same scenario and seed give the same bytes.

use std::sync::atomic::{AtomicBool, Ordering};

use sim::{Options, Shard, SimError, Simulation};

use crate::cases;
use crate::support::{Case, Rows};

/// Holds all that a run comes to against another; of `Simulation`, all but what has no equality.
#[track_caller]
pub(crate) fn assert_same(a: &Simulation, b: &Simulation, what: &str) {
    assert_eq!(a.fingerprint, b.fingerprint, "{what}");
    assert_eq!(a.demand, b.demand, "{what}");
    assert_eq!((a.residents, a.households, a.days, a.complete), (b.residents, b.households, b.days, b.complete));
    assert_eq!((a.trips, a.passes, a.checks), (b.trips, b.passes, b.checks), "{what}");
    assert_eq!(a.day_summaries, b.day_summaries, "{what}");
    assert_eq!(a.places, b.places, "{what}");
    assert_eq!(a.groups, b.groups, "{what}");
}

#[test]
fn threads_do_not_matter() {
    for (name, case) in cases::all(12_000) {
        let (simulation, rows) = case.run(1);
        assert!(rows.trips().count() > 12_000 && simulation.complete);
        for threads in [2, 8] {
            let (other, other_rows) = case.run(threads);
            assert_same(&simulation, &other, name);
            assert_eq!((simulation.fullest_shops, simulation.longest_wait), (other.fullest_shops, other.longest_wait));
            assert!(rows == other_rows, "{name}: records differ on {threads} threads");
        }
    }
}

#[test]
fn who_looks_on_does_not_matter() {
    for (name, case) in cases::all(6_000) {
        assert_same(&case.run(1).0, &case.result(), name);
        let mut trace = sim::TraceKeeper::default();
        let simulation = case.simulated(1, Shard::WHOLE, &mut trace).unwrap();
        assert_same(&case.result(), &simulation, name);
        let requests: Vec<_> = case.rows().requests().copied().collect();
        assert_eq!(trace.into_trace().requests(), requests, "{name}");
    }
}

#[test]
fn the_seed_matters() {
    let case = Case::launch(2_000);
    assert_ne!(case.result().fingerprint, case.with(|case| case.seed += 1).result().fingerprint);
}

/// Whoever is simulated for longer has lived the same first day. Requests for the day after may come in between.
#[test]
fn the_first_day_does_not_depend_on_the_others() {
    for (name, case) in cases::all(6_000) {
        let long = case.rows();
        let (one, short) = case.with(|case| case.calendar.days = 1).run(1);
        let (first, only) = (&long.days[0], &short.days[0]);
        assert_eq!(one.days, 1);
        assert!(first.trips == only.trips, "{name}: trips");
        assert!(first.passes == only.passes, "{name}: passes");
        assert!(first.checks == only.checks, "{name}: checks");
        assert!(first.quarters == only.quarters, "{name}: quarters");
        let mut later = long.requests().peekable();
        for request in &only.requests {
            assert!(later.any(|other| other == request), "{name}: {request:?}");
        }
    }
}

#[test]
fn a_stopped_run_ends_with_a_whole_day() {
    let case = Case::launch(2_000);
    let (whole, whole_rows) = case.run(1);
    let stop = AtomicBool::new(false);
    let after_a_day = |progress: sim::Progress| {
        if progress.days_done == 1 {
            stop.store(true, Ordering::Relaxed);
        }
    };
    let mut rows = Rows::default();
    let options = Options { threads: 1, shard: Shard::WHOLE, stop: &stop, progress: &after_a_day };
    let simulation = sim::simulate(&case.model(), &options, &mut rows).unwrap();
    assert!(!simulation.complete && whole.complete);
    assert_eq!(simulation.days, 1);
    assert_eq!(simulation.day_summaries[..], whole.day_summaries[..1]);
    assert_eq!(rows.days[..], whole_rows.days[..1]);
    let only = case.with(|case| case.calendar.days = 1).rows();
    let shown = [&rows.days[0].requests[..], &rows.late_requests].concat();
    assert!(!rows.late_requests.is_empty() && shown == only.days[0].requests, "no request of the day is lost");
}

#[test]
fn an_observer_s_error_ends_the_run() {
    struct FullDisk;
    impl sim::Observer for FullDisk {
        fn day(&mut self, _: &sim::DayRecords<'_>) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }
    let run = Case::launch(1_000).simulated(1, Shard::WHOLE, &mut FullDisk);
    assert!(matches!(run, Err(SimError::Observer(_))));
}
