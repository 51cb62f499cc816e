//! The population is the one asked for.

use sim::settings::Population as Shares;
use sim::{Census, Population};

use crate::support::{SEED, towns};

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

fn check(census: &Census, shares: &Shares, tolerance: f64) {
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
}

#[test]
fn a_whole_oblast_has_the_shares_asked_for() {
    let shares = Shares::default();
    let places = sim::complete_places(&towns(3_202_946), 3_202_946).unwrap();
    let census = Population::synthesise(&shares, &places, SEED).unwrap().census();
    assert_eq!(census.residents, 3_202_946);
    assert_eq!(census.households_without_adult, 0);
    let asked: Vec<u64> = places.iter().map(|place| u64::from(place.residents)).collect();
    assert_eq!(census.residents_by_place, asked);
    check(&census, &shares, 0.005);
}

#[test]
fn small_regions_are_whole_too() {
    let shares = Shares::default();
    for residents in [10, 11, 101, 1_009] {
        for seed in 0..20 {
            let places = sim::complete_places(&towns(residents), residents).unwrap();
            let census = Population::synthesise(&shares, &places, seed).unwrap().census();
            assert_eq!(census.residents, u64::from(residents));
            assert_eq!(census.households_without_adult, 0);
            let asked: Vec<u64> = places.iter().map(|place| u64::from(place.residents)).collect();
            assert_eq!(census.residents_by_place, asked);
        }
    }
}
