//! Scenarios in which each part of the model has something to do.

use passes::{AgeBand, Curfew, Exempt, Hours, Period, Phase, Purpose, PurposeRule, Quota, Share};
use sim::settings::{Bots, Outage, ServiceKind};

use crate::support::{Case, at_h, gate};

/// A step of a measured capacity curve that held, and two that did not.
const CURVE: &str = "\
path,offered_per_s,duration_s,asked,goodput_per_s,response_time_p50_us,response_time_p99_us,limited_by
mix,0.1,10.0,100,0.1,2000.0,40000.0,
mix,0.3,10.0,200,0.2,100000.0,1000000.0,target
mix,1.0,10.0,400,0.1,500000.0,2500000.0,target
";

/// One case a part of the model, by name.
pub(crate) fn all(residents: u32) -> Vec<(&'static str, Case)> {
    [apart(residents), together(residents)].concat()
}

/// The cases in which nothing is scarce.
pub(crate) fn apart(residents: u32) -> Vec<(&'static str, Case)> {
    let launch = Case::launch(residents);
    vec![
        ("launch", launch.clone()),
        ("many checks", launch.with(|case| case.settings.checks.stops_per_h = 0.02)),
        ("outage", launch.with(outage)),
        ("patients", launch.with(patients)),
        ("bots", launch.with(bots)),
        ("malformed at once", launch.with(|case| malformed(case, 0))),
        ("malformed and annulled", launch.with(|case| malformed(case, 5))),
        ("annulled on a later day", launch.with(annulled_later)),
        ("quotas", launch.with(quotas)),
        ("long passes", launch.with(long_passes)),
        ("phases", launch.with(phases)),
    ]
}

/// The cases in which something is scarce for all.
pub(crate) fn together(residents: u32) -> Vec<(&'static str, Case)> {
    let launch = Case::launch(residents);
    vec![
        ("ample capacity", launch.with(|case| capacity(case, 1e9))),
        ("scarce capacity", launch.with(|case| capacity(case, f64::from(residents) / 60_000.0))),
        (
            "capacity, outage and quotas",
            launch.with(|case| {
                capacity(case, f64::from(residents) / 50_000.0);
                outage(case);
                quotas(case);
            }),
        ),
        ("a measured curve", launch.with(curve)),
        ("gates", launch.with(gates)),
        ("everything", launch.with(everything)),
    ]
}

pub(crate) fn capacity(case: &mut Case, rate_per_s: f64) {
    case.settings.service.kind = ServiceKind::Capacity;
    case.settings.service.rate_per_s = rate_per_s;
    case.settings.service.queue = 1_000;
}

fn curve(case: &mut Case) {
    case.settings.service.kind = ServiceKind::Curve;
    case.settings.service.curve = "capacity_steps.csv".into();
    case.curve = Some(sim::read_capacity_curve(CURVE.as_bytes()).unwrap());
}

/// The service is out for the first evening, and again for a morning.
pub(crate) fn outage(case: &mut Case) {
    let between = |from, until| Outage { from: at_h(from), until: at_h(until) };
    case.settings.service.outages = vec![between(33, 35), between(13, 24)];
}

pub(crate) fn patients(case: &mut Case) {
    case.settings.patients.first_day_share = Share::of(0.05);
    case.settings.patients.growth_per_day = 2.0;
}

fn bots(case: &mut Case) {
    let bots = |from, until, per_s| Bots { from: at_h(from), until: at_h(until), per_s };
    case.settings.behaviour.bots = vec![bots(20, 30, 0.5), bots(12, 13, 0.1)];
}

fn malformed(case: &mut Case, found_h: u32) {
    let behaviour = &mut case.settings.behaviour;
    behaviour.malformed_shares = [0.35, 0.19, 0.15].map(Share::of).to_vec();
    behaviour.malformed_found_h = found_h;
    case.settings.checks.stops_per_h = 0.01;
}

fn annulled_later(case: &mut Case) {
    long_passes(case);
    malformed(case, 30);
}

pub(crate) fn quotas(case: &mut Case) {
    let errands = vec![Purpose::Groceries, Purpose::Pharmacy];
    case.policy.quotas =
        vec![Quota { purposes: errands, ..Quota::passes(1, Period::Days(2)) }, Quota::minutes(900, Period::Day)];
}

pub(crate) fn long_passes(case: &mut Case) {
    case.policy.purposes.insert(Purpose::Work, PurposeRule::lasting(2_000));
    let until = PurposeRule { valid_until: Some(at_h(60)), validity_min: None, ..PurposeRule::lasting(1) };
    case.policy.purposes.insert(Purpose::Groceries, until);
    let extends = PurposeRule {
        valid_until: Some(at_h(80)),
        validity_min: None,
        extends_issued: true,
        ..PurposeRule::lasting(1)
    };
    case.policy.phases = vec![Phase { purposes: [(Purpose::Groceries, extends)].into(), ..Phase::new(at_h(50)) }];
    case.settings.checks.stops_per_h = 0.01;
}

fn phases(case: &mut Case) {
    let curfew = Curfew { from: at_h(20).time(), until: at_h(6).time(), purposes: vec![Purpose::Work] };
    let near = PurposeRule {
        radius_m: Some(2_000),
        near_home_m: Some(300),
        hours: vec![Hours { from: at_h(8).time(), until: at_h(20).time() }],
        ..PurposeRule::lasting(120)
    };
    let children = Exempt { age: vec![AgeBand::Under7, AgeBand::From7], ..Exempt::default() };
    case.policy.phases = vec![
        Phase { purposes: [(Purpose::Groceries, near)].into(), curfews: Some(vec![curfew]), ..Phase::new(at_h(36)) },
        Phase {
            earliest_start_min: Some(30),
            advance_h: Some(6),
            exempt: Some(vec![children]),
            ..Phase::new(at_h(70))
        },
    ];
    case.settings.checks.stops_per_h = 0.01;
}

fn gates(case: &mut Case) {
    let metro = gate(&[Purpose::Work], 29..34);
    let roads = sim::settings::Gate {
        name: "roads".into(),
        checked_share: Share::of(0.3),
        least_km: 1.0,
        officers: 2,
        ..gate(&[], 0..80)
    };
    case.settings.checks.gates = vec![metro, roads];
}

fn everything(case: &mut Case) {
    outage(case);
    patients(case);
    bots(case);
    malformed(case, 3);
    quotas(case);
    long_passes(case);
    gates(case);
    capacity(case, f64::from(case.settings.region.residents) / 15_000.0);
}
