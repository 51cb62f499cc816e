//! The same scenario and seed give the same bytes.

use std::sync::atomic::{AtomicBool, Ordering};

use sim::{Model, Options, SimError};

use crate::support::{Case, Rows};

#[test]
fn threads_do_not_matter() {
    let case = Case::launch(40_000);
    let (simulation, rows) = case.run(1);
    assert!(rows.trips.len() > 40_000 && !rows.checks.is_empty());
    for threads in [2, 8] {
        let (other, other_rows) = case.run(threads);
        assert_eq!(simulation.fingerprint, other.fingerprint, "{threads} threads");
        assert_eq!(simulation.trace, other.trace);
        assert_eq!(simulation.day_summaries, other.day_summaries);
        assert!(rows == other_rows, "records differ on {threads} threads");
    }
}

#[test]
fn the_seed_matters() {
    let case = Case::launch(2_000);
    let other = Case { seed: case.seed + 1, ..case.clone() };
    assert_ne!(case.run(1).0.fingerprint, other.run(1).0.fingerprint);
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
    let model = Model {
        settings: &case.settings,
        places: &case.places,
        calendar: case.calendar,
        policy: &case.policy,
        seed: case.seed,
    };
    let mut rows = Rows::default();
    let options = Options { threads: 1, stop: &stop, progress: &after_a_day };
    let simulation = sim::simulate(&model, &options, &mut rows).unwrap();
    assert!(!simulation.complete && whole.complete);
    assert_eq!(simulation.days, 1);
    assert_eq!(simulation.day_summaries[..], whole.day_summaries[..1]);
    assert_eq!(rows.trips[..], whole_rows.trips[..rows.trips.len()]);
}

#[test]
fn an_observer_s_error_ends_the_run() {
    struct FullDisk;
    impl sim::Observer for FullDisk {
        fn day(&mut self, _: &sim::DayRecords<'_>) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }
    let case = Case::launch(1_000);
    let model = Model {
        settings: &case.settings,
        places: &case.places,
        calendar: case.calendar,
        policy: &case.policy,
        seed: 1,
    };
    let options = Options { threads: 1, stop: &AtomicBool::new(false), progress: &|_| () };
    assert!(matches!(sim::simulate(&model, &options, &mut FullDisk), Err(SimError::Observer(_))));
}
