//! What residents met with, as `run.json` tells it.

use demand::{Calendar, RequestKind, SimTime};
use passes::AgeBand;
use sim::{Counts, DaySummary, GroupSummary, Phone, Simulation};

use crate::bulk::Seen;
use crate::record::{CrowdRecord, GateRecord, GroupRecord, PeopleRecord};

const QUARTER_MS: u64 = 15 * 60_000;

/// What the residents of `simulation` met with.
pub(super) fn people(simulation: &Simulation, seen: &Seen, calendar: &Calendar) -> PeopleRecord {
    let days = &simulation.day_summaries;
    let total = sum(days.iter().map(DaySummary::total));
    let of_days = |of: fn(&DaySummary) -> u64| days.iter().map(of).sum::<u64>();
    let mean_s = |sum_ms: u64, of: u64| (of > 0).then(|| sum_ms as f64 / of as f64 / 1e3);
    let failed = |kind: RequestKind| days.iter().map(|day| day.failed_requests[kind as usize]).sum();
    let place = |number: u16| simulation.places[usize::from(number)].place.name.clone();
    let gate_arrivals = of_days(|day| day.gate_arrivals);
    let worst = seen.worst_gate.as_ref().and_then(|worst| Some((&worst.gate, worst.longest()?)));
    PeopleRecord {
        trips_without_pass: total.trips_without_pass,
        trips_not_made: total.trips_not_made,
        refusals: total.refusals,
        malformed: total.malformed,
        gave_up: total.gave_up,
        pass_wait_mean_s: mean_s(total.wait_sum_ms, total.passes),
        failed_requests: RequestKind::ALL.into_iter().map(|kind| (kind, failed(kind))).collect(),
        found_without_pass: total.found_without_pass,
        false_refusals: total.false_refusals,
        missed_check_ins: of_days(|day| day.missed_check_ins),
        gate_arrivals,
        turned_back: of_days(|day| day.turned_back),
        gate_wait_mean_s: mean_s(of_days(|day| day.gate_wait_sum_ms), gate_arrivals),
        longest_gate_wait_s: worst.map(|(_, minute)| f64::from(minute.wait_max_ms) / 1e3),
        longest_gate_queue: worst.and_then(|_| days.iter().map(|day| day.gate_queue_max).max()),
        worst_gate: worst.map(|(gate, minute)| GateRecord {
            gate: gate.clone(),
            place: place(minute.place),
            at_local: calendar.local(minute.at),
        }),
        fullest_shops: simulation.fullest_shops.map(|crowd| CrowdRecord {
            place: place(crowd.place),
            at_local: calendar.local(SimTime::on_day(crowd.day, u64::from(crowd.quarter) * QUARTER_MS)),
            people: crowd.people,
        }),
        by_phone: groups(&simulation.groups, &Phone::ALL, |group| group.phone, Phone::name),
        by_age: groups(&simulation.groups, &AgeBand::ALL, |group| group.age, AgeBand::name),
    }
}

/// The groups that `of` tells apart, those without a resident left out.
fn groups<K: Copy + PartialEq>(
    all: &[GroupSummary],
    keys: &[K],
    of: fn(&GroupSummary) -> K,
    name: fn(K) -> &'static str,
) -> Vec<GroupRecord> {
    let record = |key: &K| {
        let members = || all.iter().filter(|group| of(group) == *key);
        let residents = members().map(|group| group.residents).sum::<u64>();
        let counts = sum(members().map(|group| group.counts));
        let per_resident = |count: u64| count as f64 / residents as f64;
        let without_pass = || counts.trips_without_pass as f64 / counts.trips as f64;
        (residents > 0).then(|| GroupRecord {
            group: name(*key).into(),
            residents,
            passes_per_resident: per_resident(counts.passes),
            trips_without_pass_share: (counts.trips > 0).then(without_pass),
            trips_not_made_per_1000: per_resident(counts.trips_not_made) * 1e3,
        })
    };
    keys.iter().filter_map(record).collect()
}

fn sum(all: impl Iterator<Item = Counts>) -> Counts {
    all.fold(Counts::default(), |mut sum, counts| {
        sum.add(&counts);
        sum
    })
}
