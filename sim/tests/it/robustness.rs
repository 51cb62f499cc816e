//! Whatever `faults` accepts can be simulated.

use std::sync::atomic::AtomicBool;

use passes::{Period, Purpose, PurposeRule, Quota, Share};
use proptest::prelude::*;
use sim::{Model, Options, Settings};

use crate::support::Case;

fn share() -> impl Strategy<Value = Share> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0].prop_map(|share| Share::try_from(share).unwrap())
}

prop_compose! {
    fn behaviour()(
        shares in prop::array::uniform9(share()),
        hours in (0..24_u8, 0..24_u8),
        means in (0.01..1_000.0, 0.0..=3.0, 0.1..2_000.0, 0.1..240.0, 0.1..1_440.0),
        opens_h in prop::array::uniform3(0..60_i64),
    ) -> sim::settings::Behaviour {
        let mut behaviour = sim::settings::Behaviour::default();
        let [registers, app, waits, owl, at_once, obeys, evening, door, rest] = shares;
        (behaviour.registration_share, behaviour.app_share, behaviour.app_wait_share) = (registers, app, waits);
        (behaviour.night_owl_share, behaviour.ask_at_once_share, behaviour.obey_share) = (owl, at_once, obeys);
        (behaviour.evening_before_share, behaviour.at_the_door_share) = (evening, door);
        (behaviour.cancel_share, behaviour.go_anyway_share, behaviour.stocking_up_share) = (rest, rest, rest);
        behaviour.seeking.groceries = rest;
        (behaviour.quiet_until_h, behaviour.evening_from_h) = hours;
        (behaviour.aware_median_h, behaviour.aware_sigma, behaviour.first_contact_delay_min) = (means.0, means.1, means.2);
        (behaviour.form_min, behaviour.lead_mean_min) = (means.3, means.4);
        let later = |hours| behaviour.announced_at.saturating_add(jiff::Span::new().hours(hours));
        let [web, phone, app] = opens_h.map(later);
        (behaviour.web_from, behaviour.phone_from, behaviour.app_from) = (web, phone, app);
        behaviour
    }
}

prop_compose! {
    fn activities()(
        days in (1..8_u8, 1..8_u8, 1..8_u8, 0..=4_u8, 1..40_u8),
        other in share(),
        own_place in share(),
        length in (1.0..1_440.0, 0.0..=2.0),
        gap_min in 1..1_440_u32,
        hour in 0..24_usize,
        reach_km in 0.0..100.0,
    ) -> sim::settings::Activities {
        let mut activities = sim::settings::Activities::default();
        (activities.pantry_least_days, activities.pantry_most_days, activities.rubbish_every_days) = (days.0, days.1, days.2);
        (activities.dog_walks_per_day, activities.prescription_days) = (days.3, days.4);
        (activities.other_share, activities.own_place_share) = (other, own_place);
        activities.lengths.work = sim::settings::Spread { median_min: length.0, sigma: length.1 };
        activities.departure_weights.work = [0.0; 24];
        activities.departure_weights.work[hour] = 1.0;
        (activities.gap_min, activities.reach_km) = (gap_min, reach_km);
        activities
    }
}

prop_compose! {
    fn case()(
        residents in 10..400_u32,
        behaviour in behaviour(),
        activities in activities(),
        sizes in prop::array::uniform6(0.0..1.0),
        alone in share(),
        trip_share in share(),
        patrol in (0..24_u8, 1..=24_u8),
        validity_min in 1..100_000_u32,
        needs_pass in any::<bool>(),
        advance_h in 0..72_u32,
        quota in prop::option::of((1..4_u32, any::<bool>())),
        forbidden in 0..7_usize,
        seed in any::<u64>(),
    ) -> Case {
        let mut case = Case::launch(residents);
        let total: f64 = sizes.iter().sum::<f64>() + 1e-9;
        case.settings.population.household_size_shares =
            sizes.map(|size| Share::try_from((size + 1e-9 / 6.0) / total).unwrap_or_default());
        case.settings.population.alone_60_plus_share = alone;
        (case.settings.behaviour, case.settings.activities, case.seed) = (behaviour, activities, seed);
        case.settings.checks.trip_share = trip_share;
        (case.settings.checks.patrol_from_h, case.settings.checks.patrol_until_h) = patrol;
        case.policy.advance_h = advance_h;
        case.policy.purposes.insert(Purpose::Other, PurposeRule { needs_pass, ..PurposeRule::lasting(validity_min) });
        case.policy.purposes.remove(&Purpose::ALL[forbidden]);
        case.policy.quotas = quota
            .map(|(passes, daily)| Quota::passes(passes, if daily { Period::Day } else { Period::Week }))
            .into_iter()
            .collect();
        case
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_accepted_scenario_fails(case in case()) {
        let model = Model {
            settings: &case.settings,
            places: &case.places,
            calendar: case.calendar,
            policy: &case.policy,
            seed: case.seed,
        };
        let options = Options { threads: 1, stop: &AtomicBool::new(false), progress: &|_| () };
        let simulated = sim::simulate(&model, &options, &mut ());
        prop_assert_eq!(simulated.is_ok(), case.settings.faults().is_empty());
        if let Ok(simulation) = simulated {
            prop_assert_eq!(simulation.residents, u64::from(case.settings.region.residents));
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let mut settings: Settings = Case::launch(10).settings;
    settings.region.residents = 0;
    settings.population.age_band_shares[0] = Share::of(0.9);
    settings.activities.pantry_least_days = 9;
    settings.activities.lengths.pet.median_min = f64::NAN;
    settings.activities.departure_weights.work = [0.0; 24];
    settings.behaviour.web_from = jiff::civil::datetime(2020, 3, 1, 0, 0, 0, 0);
    settings.behaviour.app_wait_share = Share::of(0.9);
    settings.checks.patrol_from_h = 23;
    let keys: Vec<String> = settings.faults().into_iter().map(|fault| fault.key).collect();
    let expected = [
        "region.residents",
        "population.age_band_shares",
        "activities.pantry_least_days",
        "activities.lengths.pet.median_min",
        "activities.departure_weights.work",
        "behaviour.web_from",
        "behaviour.app_wait_share",
        "checks.patrol_from_h",
    ];
    assert_eq!(keys, expected);
    assert!(Case::launch(10).settings.faults().is_empty(), "the defaults are sound");
}

#[test]
fn misspelt_keys_and_impossible_shares_are_refused() {
    let read = |text: &str| toml::from_str::<Settings>(&format!("[region]\nplaces = 'a.csv'\nresidents = 10\n{text}"));
    assert!(read("").is_ok());
    assert!(read("[checks]\ntrip_shar = 0.1").unwrap_err().to_string().contains("trip_shar"));
    assert!(read("[checks]\ntrip_share = 1.4").unwrap_err().to_string().contains("1.4 is not a share"));
    assert!(read("[behaviour.seeking]\ngroceries = 0.7").is_ok_and(|settings| {
        settings.behaviour.seeking.groceries == Share::of(0.7) && settings.behaviour.seeking.work == Share::of(0.6)
    }));
    assert!(toml::from_str::<Settings>("[region]\nplaces = 'a.csv'").unwrap_err().to_string().contains("residents"));
}
