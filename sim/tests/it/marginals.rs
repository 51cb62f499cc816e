//! The population is the one asked for.

use std::collections::HashMap;

use passes::{Purpose, Share};
use sim::{Census, Population, Region, Settings};

use crate::support::{Case, SEED, towns};

/// Holds `part` of `whole` against a share, with a relative tolerance; for the shares within an age band, which may be small, half of
/// it in absolute terms.
fn close(part: u64, whole: u64, share: f64, tolerance: f64, what: &str) {
    let found = part as f64 / whole as f64;
    assert!((found - share).abs() <= tolerance * share, "{what}: {found:.5} instead of {share:.5}");
}

fn close_in_band(part: u64, whole: u64, share: f64, tolerance: f64, what: &str) {
    let found = part as f64 / whole as f64;
    assert!((found - share).abs() <= tolerance / 2.0, "{what}: {found:.5} instead of {share:.5}");
}

fn check(census: &Census, settings: &Settings, tolerance: f64) {
    let shares = &settings.population;
    let households: u64 = census.households_by_size.iter().sum();
    for (size, share) in shares.household_size_shares.iter().enumerate() {
        close(
            census.households_by_size[size],
            households,
            share.get(),
            tolerance,
            &format!("households of {}", size + 1),
        );
    }
    close(census.households_with_dog, households, shares.dog_share.get(), tolerance, "dogs");
    let alone = census.households_by_size[0];
    close(census.alone_60_plus, alone, shares.alone_60_plus_share.get(), tolerance, "60 and older, alone");
    for band in 0..shares.age_band_shares.len() {
        let people = census.by_age[band];
        close(people, census.residents, shares.age_band_shares[band].get(), tolerance, &format!("age band {band}"));
        close_in_band(census.chronic_by_age[band], people, shares.chronic_shares[band].get(), tolerance, "chronic");
        close_in_band(census.employed_by_age[band], people, shares.employed_shares[band].get(), tolerance, "employed");
        close_in_band(census.app_by_age[band], people, shares.app_shares[band].get(), tolerance, "app");
        close_in_band(census.web_by_age[band], people, shares.web_shares[band].get(), tolerance, "web");
    }
    let employed: u64 = census.employed_by_age.iter().sum();
    let (on_site, remote) = (shares.essential_share.get(), shares.remote_share.get());
    let work = [on_site, 1.0 - on_site - remote, remote];
    for (found, share) in census.by_work.iter().zip(work) {
        close(*found, employed, share, tolerance, "work");
    }
    let rotating = settings.activities.work_rotating_share;
    close(census.rotating, census.by_work[0], rotating.get(), tolerance, "two days on, two off");
}

fn settings(residents: u32) -> Settings {
    Settings::new(Region { places: "towns.csv".into(), residents })
}

#[test]
fn a_whole_oblast_has_the_shares_asked_for() {
    let settings = settings(3_202_946);
    let places = sim::complete_places(&towns(3_202_946), 3_202_946).unwrap();
    let census = Population::synthesise(&settings, &places, SEED).unwrap().census();
    assert_eq!(census.residents, 3_202_946);
    assert_eq!(census.households_without_adult, 0);
    let asked: Vec<u64> = places.iter().map(|place| u64::from(place.residents)).collect();
    assert_eq!(census.residents_by_place, asked);
    check(&census, &settings, 0.005);
}

#[test]
fn small_regions_are_whole_too() {
    for residents in [10, 11, 101, 1_009] {
        for seed in 0..20 {
            let places = sim::complete_places(&towns(residents), residents).unwrap();
            let census = Population::synthesise(&settings(residents), &places, seed).unwrap().census();
            assert_eq!(census.residents, u64::from(residents));
            assert_eq!(census.households_without_adult, 0);
            let asked: Vec<u64> = places.iter().map(|place| u64::from(place.residents)).collect();
            assert_eq!(census.residents_by_place, asked);
        }
    }
}

/// A region whose workers all go to work whenever they are not off, for eight days, and the departures of each from home.
fn workers(rotating_share: f64) -> HashMap<u32, Vec<u64>> {
    let case = Case::launch(20_000).with(|case| {
        case.calendar.days = 8;
        case.policy.until = case.policy.from + jiff::Span::new().minutes(1);
        let activities = &mut case.settings.activities;
        activities.work_rotating_share = Share::of(rotating_share);
        (activities.work_weekday_share, activities.work_weekend_share) = (Share::of(1.0), Share::of(1.0));
        // Nothing else keeps anyone from work.
        (activities.other_share, activities.doctor_share) = (Share::of(0.0), Share::of(0.0));
        (activities.chronic_doctor_share, activities.dog_walks_per_day) = (Share::of(0.0), 0);
        (activities.pharmacy_share, activities.lengths.work.sigma) = (Share::of(0.0), 0.0);
        (activities.lengths.groceries.median_min, activities.lengths.pharmacy.median_min) = (1.0, 1.0);
        (activities.lengths.rubbish.median_min, activities.gap_min) = (1.0, 1);
    });
    let mut departures: HashMap<u32, Vec<u64>> = HashMap::new();
    for trip in case.rows().trips().filter(|trip| trip.purpose == Purpose::Work) {
        departures.entry(trip.resident).or_default().push(trip.departs.ms());
    }
    departures
}

#[test]
fn who_rotates_has_two_days_on_and_two_off() {
    let mut at_work = [0.0; 8];
    let workers = workers(1.0);
    for departures in workers.values() {
        let days: Vec<u64> = departures.iter().map(|at_ms| at_ms / 86_400_000).collect();
        assert!(days.len() <= 4, "{days:?}");
        // Night shifts may end too late for the next one.
        assert!(days.windows(2).all(|pair| matches!(pair[1] - pair[0], 1..=4)), "{days:?}");
        assert!(days.windows(3).all(|three| three[2] - three[0] >= 3), "never three days on end: {days:?}");
        days.iter().for_each(|day| at_work[*day as usize] += 1.0 / workers.len() as f64);
    }
    assert!(at_work.iter().all(|share| (share - 0.5_f64).abs() < 0.05), "half of them a day: {at_work:?}");
}

/// Shifts: each worker leaves at the same time every day, within some minutes, and all together as the profile says.
#[test]
fn workers_leave_at_their_own_time() {
    let workers = workers(0.0);
    let minutes = |at_ms: &u64| (at_ms % 86_400_000) as f64 / 60_000.0;
    let steady = workers.values().filter(|departures| {
        let times = departures.iter().map(minutes);
        let (first, last) = (times.clone().fold(f64::MAX, f64::min), times.fold(0.0, f64::max));
        last - first <= 30.0
    });
    // Others are put off by an errand, or by the end of the shift before.
    let steady = steady.count() as f64 / workers.len() as f64;
    assert!(steady > 0.9, "{steady:.3} of workers are steady");
    let weights = Settings::new(Region { places: String::new(), residents: 1 }).activities.departure_weights.work;
    let departures: Vec<u64> = workers.values().flatten().copied().collect();
    for hour in 5..10 {
        let wanted = weights[hour] / weights.iter().sum::<f64>();
        let found = departures.iter().filter(|at_ms| minutes(at_ms) as usize / 60 == hour).count();
        let found = found as f64 / departures.len() as f64;
        assert!((found - wanted).abs() < 0.03, "hour {hour}: {found:.3} for {wanted:.3}");
    }
}
