//! The capacity of servers that are reckoned and not run: what a search makes of exact answers. No clock takes part, so the same searches
//! find the same on every machine, however busy it is.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use passes::{Purpose, Share};

use super::ground::Ground;
use super::{CapacitySettings, Ended, Path, PathCapacity, Search, find_on};
use crate::engine::{LaneReport, Strain};
use crate::kind::Outcome;
use crate::phones::Computed;
use crate::record::Recorder;
use crate::run::{measured, result_of};
use crate::schedule::{People, Schedule};
use crate::wallet::Dealing;
use crate::{Kind, LoadError, LoadResult, LoadSettings, Options, Plan, Slo, Target};

/// Serves so many at once, each for exactly so long, in the order in which they come.
#[derive(Clone, Copy)]
struct Slots {
    slots: usize,
    service_ns: u64,
    /// Nobody is served in so much of each second, from its start.
    stall_ns: u64,
    /// So many runs can be made before the time for the search is used up. In the last of them it serves 3 % more slowly.
    runs: usize,
}

/// 2,000 per second.
const EIGHT: Slots = Slots { slots: 8, service_ns: 4_000_000, stall_ns: 0, runs: usize::MAX };

const SECOND_NS: u64 = 1_000_000_000;

impl Ground for Slots {
    fn play(&mut self, plan: &Plan, options: &Options<'_>) -> Result<LoadResult, LoadError> {
        self.runs -= 1;
        let service_ns = if self.runs == 0 { self.service_ns * 103 / 100 } else { self.service_ns };
        let people = People { residents: 1, holders: 0, patients: 0, issued: 0, single_use: false };
        let asks = Schedule::new(plan.source(people, options.seed), Dealing { shard: 0, shards: 1, lanes: 1 }, 0);
        let mut recorder = Recorder::new(measured(plan, options));
        let mut free_ns = vec![0; self.slots];
        for ask in asks {
            recorder.asked(ask.kind, ask.at_ns, ask.at_ns);
            recorder.launched(ask.kind, ask.at_ns);
            recorder.sent(ask.kind, ask.at_ns, ask.at_ns, ask.at_ns);
            let slot = free_ns.iter_mut().min().expect("there are slots");
            let begins_ns = ask.at_ns.max(*slot);
            *slot = begins_ns.max(begins_ns / SECOND_NS * SECOND_NS + self.stall_ns) + service_ns;
            recorder.settled(ask.kind, ask.at_ns, Some(ask.at_ns), *slot, Outcome::Right);
        }
        recorder.finish();
        let report = LaneReport {
            recorder,
            complete: true,
            cpu: Duration::ZERO,
            spin: Duration::ZERO,
            wall: plan.duration(),
            strain: Strain::default(),
            computed: Computed::default(),
            issues: 0,
        };
        Ok(result_of(report, plan, options))
    }

    fn ready_in_s(&self, _plan: &Plan) -> f64 {
        if self.runs == 0 { f64::INFINITY } else { 0.0 }
    }

    fn wait_for_recovery(&self) -> Result<(), LoadError> {
        Ok(())
    }
}

fn search(ground: Slots, seed: u64, settings: CapacitySettings) -> PathCapacity {
    static NEVER: AtomicBool = AtomicBool::new(false);
    let target = Target::parse("http://127.0.0.1:9", &[]).unwrap();
    let options = Options {
        settings: LoadSettings::default(),
        slo: Slo { right_share: Share::of(0.99), ..Slo::default() },
        seed,
        warm_up: Duration::ZERO,
        start_at: None,
        stop: &NEVER,
        progress: &|_| {},
    };
    let search = Search {
        target: &target,
        settings,
        path: Path::Mix(vec![(Kind::Get, 1.0)]),
        purpose: Purpose::Pet,
        issues_per_resident: None,
        options,
        on_step: &|_| {},
    };
    find_on(Box::new(ground), &search).unwrap()
}

/// Only the edge.
const EDGE: CapacitySettings = CapacitySettings {
    start_per_s: 700.0,
    max_per_s: 200_000.0,
    bracket_step_s: 1.0,
    step_s: 3.0,
    warm_up_s: 0.3,
    tolerance: Share::of(0.02),
    repetitions: 1,
    longest_s: 1e9,
    beyond_step_s: 0.0,
    sweep_step_s: 0.0,
};

/// Searches `ground`, whose capacity is known, from another first rate for each seed: the rates tried are others, too.
fn finds(ground: Slots, capacity_per_s: f64) {
    for seed in 0..100 {
        let start_per_s = 500.0 + 7.0 * seed as f64;
        let capacity = search(ground, 1_000 * seed, CapacitySettings { start_per_s, ..EDGE });
        let tried = || capacity.steps.iter().map(|step| (step.offered_per_s, step.held, &step.why)).collect::<Vec<_>>();
        assert_eq!(capacity.ended, Ended::Found, "seed {seed}: {:#?}", tried());
        let usable_per_s = capacity.usable_per_s.unwrap();
        let error = usable_per_s / capacity_per_s - 1.0;
        assert!(error.abs() < 0.03, "seed {seed}: {usable_per_s}: {:#?}", tried());
        let (held, failed) = capacity.interval_per_s;
        assert!(
            held == usable_per_s && failed.is_some_and(|failed| failed > held),
            "seed {seed}: {held} {failed:?} {:#?}",
            tried()
        );
    }
}

#[test]
fn the_capacity_is_right_within_three_percent_a_hundred_times_out_of_a_hundred() {
    finds(EIGHT, 2_000.0);
}

#[test]
fn a_server_that_stalls_a_tenth_of_the_time_has_nine_tenths_of_its_capacity() {
    finds(Slots { stall_ns: SECOND_NS / 10, ..EIGHT }, 1_800.0);
}

/// One percent too much is less than the bound for answers that fall behind (half of 5 %), and breaks no objective in three seconds: that
/// everybody waits longer in the second half makes the step longer, until it does.
#[test]
fn a_queue_that_grows_slowly_is_looked_at_for_longer() {
    for seed in 0..100 {
        let start_per_s = 500.0 + 7.0 * seed as f64;
        let settings = CapacitySettings { start_per_s, tolerance: Share::of(0.05), ..EDGE };
        let usable_per_s = search(EIGHT, 1_000 * seed, settings).usable_per_s.unwrap();
        assert!((1_880.0..2_040.0).contains(&usable_per_s), "seed {seed}: {usable_per_s}");
    }
}

#[test]
fn what_failed_last_is_not_usable_whenever_the_time_is_used_up() {
    for (runs, seed) in (1..40).flat_map(|runs| (0..8).map(move |seed| (runs, 1_000 * seed))) {
        let capacity = search(Slots { runs, ..EIGHT }, seed, EDGE);
        let Some(usable_per_s) = capacity.usable_per_s else { continue };
        let last = capacity.steps.iter().rfind(|step| step.offered_per_s == usable_per_s).unwrap();
        assert!(last.held, "{runs} runs, seed {seed}: {usable_per_s}: {}", last.why);
    }
}
