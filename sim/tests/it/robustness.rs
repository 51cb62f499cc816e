//! Whatever `faults` accepts can be simulated, and keeps the laws.

use passes::{Fault, Share};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sim::settings::Bots;
use sim::{Settings, Shard, SimError, complete_places};

use crate::support::{Case, Rows, at_h, cases_in_ci};
use crate::{generated, laws};

proptest! {
    #![proptest_config(cases_in_ci(1_500))]

    #[test]
    fn no_accepted_scenario_fails(case in generated::case()) {
        let model = (case.settings.faults(), case.calendar.faults(), case.policy.faults());
        let region = match complete_places(&case.places, case.settings.region.residents) {
            Ok(places) => case.settings.faults_in(&places),
            Err(fault) => vec![fault],
        };
        let faults: Vec<Fault> = [model.0, model.1, model.2, region].concat();
        let mut rows = Rows::default();
        match case.simulated(1, Shard::WHOLE, &mut rows) {
            Ok(simulation) => {
                prop_assert_eq!(faults, []);
                prop_assert_eq!(simulation.residents, u64::from(case.settings.region.residents));
                laws::hold(&case, &simulation, &rows);
            }
            Err(SimError::Faults(told)) => prop_assert!(!faults.is_empty(), "{told:?}"),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

/// The law above says little if most of what is generated is refused.
#[test]
fn most_generated_scenarios_are_accepted() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases = (0..200).map(|_| generated::case().new_tree(&mut runner).unwrap().current());
    let accepted = cases.filter(|case| case.settings.faults().is_empty() && case.policy.faults().is_empty()).count();
    assert!(accepted > 100, "{accepted} of 200");
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
    settings.behaviour.bots = vec![Bots { from: at_h(0), until: at_h(100), per_s: 1_000.0 }];
    settings.service.curve = "curve.csv".into();
    settings.checks.stops_per_h = -1.0;
    settings.patients.prompts_from_h = 23;
    let keys: Vec<String> = settings.faults().into_iter().map(|fault| fault.key).collect();
    let expected = [
        "region.residents",
        "population.age_band_shares",
        "activities.pantry_least_days",
        "activities.lengths.pet.median_min",
        "activities.departure_weights.work",
        "behaviour.web_from",
        "behaviour.app_wait_share",
        "behaviour.bots",
        "service.curve",
        "checks.stops_per_h",
        "patients.prompts_from_h",
    ];
    assert_eq!(keys, expected);
    assert!(Case::launch(10).settings.faults().is_empty(), "the defaults are sound");
}

#[test]
fn misspelt_keys_and_impossible_shares_are_refused() {
    let read = |text: &str| toml::from_str::<Settings>(&format!("[region]\nplaces = 'a.csv'\nresidents = 10\n{text}"));
    assert!(read("").is_ok());
    assert!(read("[checks]\nstops_per = 0.1").unwrap_err().to_string().contains("stops_per"));
    assert!(read("[patients]\nanswer_share = 1.4").unwrap_err().to_string().contains("1.4 is not a share"));
    assert!(read("[behaviour.seeking]\ngroceries = 0.7").is_ok_and(|settings| {
        settings.behaviour.seeking.groceries == Share::of(0.7) && settings.behaviour.seeking.work == Share::of(0.6)
    }));
    assert!(toml::from_str::<Settings>("[region]\nplaces = 'a.csv'").unwrap_err().to_string().contains("residents"));
}
