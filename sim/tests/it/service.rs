//! What a slow or failing service does to demand.

use demand::RequestKind;
use sim::Simulation;
use sim::settings::Outage;

use crate::cases;
use crate::support::{Case, at_h};

const RESIDENTS: u32 = 20_000;

fn requests(simulation: &Simulation) -> u64 {
    simulation.day_summaries.iter().flat_map(|day| day.requests).sum()
}

fn failed(simulation: &Simulation) -> u64 {
    simulation.day_summaries.iter().flat_map(|day| day.failed_requests).sum()
}

fn gave_up(simulation: &Simulation) -> u64 {
    simulation.day_summaries.iter().map(|day| day.total().gave_up).sum()
}

#[test]
fn enough_capacity_is_always() {
    for (name, always) in cases::apart(6_000) {
        let capacity = always.with(|case| cases::capacity(case, 1e9));
        let ((always, always_rows), (capacity, capacity_rows)) = (always.run(1), capacity.run(1));
        assert!(always_rows == capacity_rows, "{name}");
        assert_eq!(always.fingerprint, capacity.fingerprint);
    }
}

/// Without latency every request within an outage fails, and no other.
#[test]
fn requests_fail_in_an_outage_and_only_then() {
    let mut case = Case::launch(RESIDENTS);
    case.settings.service.latency_ms = 0.0;
    case.settings.service.outages = vec![Outage { from: at_h(33), until: at_h(35) }];
    let (simulation, rows) = case.run(1);
    let out = 33 * 3_600_000..35 * 3_600_000;
    let within = rows.requests().filter(|request| out.contains(&request.at.ms())).count() as u64;
    assert!(within > 500);
    assert_eq!(failed(&simulation), within);
    let asked_then = rows.passes().filter(|pass| out.contains(&pass.asked_at.ms())).count();
    assert_eq!(asked_then, 0, "nothing is issued meanwhile");
}

#[test]
fn what_happened_before_an_outage_does_not_change() {
    let case = Case::launch(RESIDENTS);
    let out = case.with(|case| case.settings.service.outages = vec![Outage { from: at_h(33), until: at_h(35) }]);
    let (rows, out_rows) = (case.rows(), out.rows());
    let before = 33 * 3_600_000;
    let first = |rows: &crate::support::Rows| {
        rows.requests().copied().take_while(|request| request.at.ms() < before).collect::<Vec<_>>()
    };
    assert!(first(&rows) == first(&out_rows));
    assert!(rows.days[0] == out_rows.days[0]);
}

#[test]
fn retries_are_load_too() {
    let always = Case::launch(RESIDENTS);
    let asked = |kind: RequestKind, simulation: &Simulation| simulation.demand.total(kind);
    for case in [always.with(cases::outage), always.with(|case| cases::capacity(case, 0.4))] {
        let (with, without) = (case.result(), always.result());
        assert!(failed(&with) > 1_000 && failed(&without) == 0);
        assert!(asked(RequestKind::Register, &with) > asked(RequestKind::Register, &without));
        assert!(requests(&with) > requests(&without), "{} and {}", requests(&with), requests(&without));
        assert!(gave_up(&with) > 0 && gave_up(&without) == 0);
        let waits = |simulation: &Simulation| {
            let total = simulation.day_summaries.iter().map(|day| day.total());
            let (wait_ms, passes) = total.fold((0, 0), |(ms, n), day| (ms + day.wait_sum_ms, n + day.passes));
            wait_ms as f64 / passes as f64
        };
        assert!(waits(&with) > 10.0 * waits(&without));
    }
}

#[test]
fn with_less_capacity_more_give_up() {
    let results = [2.0, 0.5, 0.2, 0.05].map(|rate_per_s| {
        let result = Case::launch(RESIDENTS).with(|case| cases::capacity(case, rate_per_s)).result();
        (gave_up(&result), result.passes)
    });
    assert!(results.is_sorted_by(|(few, passes), (more, fewer)| few < more && passes > fewer), "{results:?}");
}

/// A service whose queue is shorter than patience does its work for someone who still waits: in every minute it answers what is
/// asked, or as much as it can. One with a long queue works for those who have gone.
#[test]
fn a_short_queue_keeps_goodput() {
    let rate_per_s = 0.3;
    let run = |queue| {
        let case = Case::launch(RESIDENTS).with(|case| {
            cases::capacity(case, rate_per_s);
            case.settings.service.queue = queue;
        });
        let simulation = case.result();
        let possible: f64 = simulation
            .demand
            .minutes()
            .iter()
            .map(|minute| f64::from(minute.iter().sum::<u32>()).min(60.0 * rate_per_s))
            .sum();
        (requests(&simulation) - failed(&simulation)) as f64 / possible
    };
    // Eight wait at most 27 of 30 seconds.
    let (short, long) = (run(8), run(10_000));
    assert!(short > 0.85, "a short queue: {short:.3} of what is possible");
    assert!(long < 0.7 * short, "a long queue: {long:.3}, a short one {short:.3}");
}
