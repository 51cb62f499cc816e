//! The laws of every run, in scenarios where each part of the model has something to do.

use std::collections::HashSet;

use demand::RequestKind;
use passes::{Channel, Purpose, Share};
use sim::{PassOutcome, Verdict};

use crate::support::Case;
use crate::{cases, laws};

#[test]
fn the_laws_hold() {
    for (name, case) in cases::all(8_000) {
        let (simulation, rows) = case.run(2);
        let held = std::panic::catch_unwind(|| laws::hold(&case, &simulation, &rows));
        assert!(held.is_ok(), "a law is broken in the case of {name}");
        assert_eq!(simulation.residents, 8_000);
        assert!(rows.passes().count() > 10, "{name}: {} passes", rows.passes().count());
    }
}

/// The laws say nothing of what never occurs.
#[test]
fn everything_occurs() {
    let mut outcomes = HashSet::new();
    let mut verdicts = HashSet::new();
    let (mut stops, mut channels, mut kinds) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (_, case) in cases::all(8_000) {
        let rows = case.rows();
        outcomes.extend(rows.trips().map(|trip| trip.pass));
        stops.extend(rows.trips().map(|trip| trip.stop));
        verdicts.extend(rows.checks().map(|check| check.verdict));
        channels.extend(rows.passes().map(|pass| pass.channel));
        kinds.extend(rows.requests().map(|request| request.kind));
    }
    assert_eq!(outcomes.len(), PassOutcome::ALL.len());
    assert_eq!(verdicts.len(), Verdict::ALL.len());
    assert_eq!((stops.len(), channels.len(), kinds.len()), (2, Channel::ALL.len(), RequestKind::ALL.len()));
}

#[test]
fn every_patient_checks_in() {
    let case = Case::launch(8_000).with(|case| {
        cases::patients(case);
        case.settings.patients.answer_share = Share::of(1.0);
    });
    let (simulation, rows) = case.run(1);
    let check_ins: HashSet<u32> = rows.requests_of(RequestKind::CheckIn).map(|request| request.resident).collect();
    assert_eq!(check_ins.len() as u64, simulation.day_summaries.last().unwrap().patients);
}

/// The most that people can have to do with the service on a day: all of them ill, in the largest households, asked as often as may be.
#[test]
fn a_region_full_of_patients_is_counted() {
    let case = Case::launch(14_000).with(|case| {
        case.calendar.days = 1;
        case.settings.population.household_size_shares = [0.0, 0.0, 0.0, 0.0, 0.0, 1.0].map(Share::of);
        case.settings.behaviour.registration_share = Share::of(1.0);
        case.settings.patients.first_day_share = Share::of(1.0);
        case.settings.patients.answer_share = Share::of(1.0);
        case.settings.patients.prompts_per_day = 8;
    });
    let (simulation, rows) = case.run(1);
    laws::hold(&case, &simulation, &rows);
    assert_eq!(rows.requests_of(RequestKind::CheckIn).count(), 8 * 14_000);
    let more = case.with(|case| case.settings.patients.prompts_per_day += 1);
    assert!(!more.settings.faults().is_empty());
}

/// A metamorphic law: nothing else is known of dogs than how many there are.
#[test]
fn twice_the_dogs_make_twice_the_walks() {
    let walks = |dog_share| {
        let case = Case::launch(40_000).with(|case| case.settings.population.dog_share = Share::of(dog_share));
        case.result().day_summaries.iter().map(|day| day.purposes[Purpose::Pet as usize].trips).sum::<u64>()
    };
    let (once, twice) = (walks(0.2), walks(0.4));
    let factor = twice as f64 / once as f64;
    assert!((factor - 2.0).abs() < 0.04, "{once} and {twice}");
}
