//! Everything wrong with a policy is told at once, by the keys of the file.

use passes::Policy;

#[test]
fn every_fault_has_its_key() {
    let policy: Policy = toml::from_str(
        r#"
        from = "2020-04-02T12:00"
        until = "2020-04-01T12:00"
        advance_h = 1
        earliest_start_min = 61
        curfews = [{ from = "22:00", until = "22:00" }]
        exempt = [{}, { age = ["0_6"] }]
        quotas = [
            { per = "day" },
            { passes = 1, minutes = 1, per = "day" },
            { passes = 0, per = "day" },
            { minutes = 0, per = { days = 0 } },
        ]
        [purposes]
        groceries = {}
        pharmacy = { validity_min = 0 }
        doctor = { validity_min = 60, validity = "day" }
        pet = { validity_min = 60, radius_m = 100, near_home_m = 101 }
        rubbish = { needs_pass = false, radius_m = 0 }
        work = { valid_until = "2020-04-02T12:00" }
        other = { validity_min = 60, extends_issued = true }
        "#,
    )
    .unwrap();
    let keys: Vec<String> = policy.faults().into_iter().map(|fault| fault.key).collect();
    let expected = [
        "policy.until",
        "policy.purposes.groceries",
        "policy.purposes.pharmacy.validity_min",
        "policy.purposes.pet.near_home_m",
        "policy.purposes.rubbish.radius_m",
        "policy.purposes.doctor",
        "policy.purposes.work.valid_until",
        "policy.purposes.other.extends_issued",
        "policy.quotas.0",
        "policy.quotas.1",
        "policy.quotas.2.passes",
        "policy.quotas.3.minutes",
        "policy.quotas.3.per.days",
        "policy.curfews.0.until",
        "policy.exempt.0",
        "policy.earliest_start_min",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn faults_of_a_phase_have_its_number() {
    let policy: Policy = toml::from_str(
        r#"
        from = "2020-04-02T12:00"
        until = "2020-06-12T00:00"
        advance_h = 2
        purposes.work = { allowed = false }
        [[phases]]
        from = "2020-05-01T00:00"
        advance_h = 1
        purposes.work = { validity_min = 0 }
        quotas = [{ per = "week" }]
        [[phases]]
        from = "2020-05-01T00:00"
        earliest_start_min = 90
        curfews = [{ from = "06:00", until = "06:00" }]
        [[phases]]
        from = "2020-04-02T12:00"
        exempt = [{}]
        [[phases]]
        from = "2020-06-12T00:00"
        "#,
    )
    .unwrap();
    let keys: Vec<String> = policy.faults().into_iter().map(|fault| fault.key).collect();
    let expected = [
        "policy.purposes",
        "policy.phases.0.purposes.work.validity_min",
        "policy.phases.0.quotas.0",
        "policy.phases.1.from",
        "policy.phases.1.curfews.0.until",
        "policy.phases.2.from",
        "policy.phases.2.exempt.0",
        "policy.phases.3.from",
        "policy.phases.1.earliest_start_min",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn what_is_misspelt_or_of_a_wrong_kind_is_refused() {
    let head = "from = '2020-04-02T12:00'\nuntil = '2020-06-12T00:00'\npurposes.pet = { validity_min = 60 }\n";
    let read = |text: &str| toml::from_str::<Policy>(&format!("{head}{text}")).map_err(|error| error.to_string());
    assert!(read("").is_ok_and(|policy| policy.faults().is_empty()));
    for (wrong, word) in [
        ("purposes.shop = { validity_min = 60 }", "shop"),
        ("purposes.work = { validity = 'week' }", "week"),
        ("purposes.work = { validity_min = 60, hours = ['8-20'] }", "8-20"),
        ("quotas = [{ passes = 1, per = 'fortnight' }]", "fortnight"),
        ("quotas = [{ passes = 1, per = { weeks = 2 } }]", "weeks"),
        ("exempt = [{ age = ['65_plus'] }]", "65_plus"),
        ("curfews = [{ from = '25:00', until = '06:00' }]", "'25:00' is no time of day"),
        ("phases = [{ from = '2020-05-01T00:00', until = '2020-05-02T00:00' }]", "until"),
    ] {
        assert!(read(wrong).unwrap_err().contains(word), "{wrong}: {:?}", read(wrong));
    }
}

#[test]
fn the_examples_of_the_document_are_sound() {
    #[derive(serde::Deserialize)]
    struct File {
        policy: Policy,
    }
    let document = include_str!("../../../docs/scenario.md");
    let examples = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let head = "[policy]\nfrom = '2020-04-02T12:00'\nuntil = '2020-06-12T00:00'\n";
    let together: String =
        std::iter::once(head).chain(examples.filter(|example| example.contains("policy."))).collect();
    let File { policy } = toml::from_str(&together).unwrap();
    assert_eq!(policy.faults(), []);
    let Policy { purposes, quotas, curfews, exempt, phases, .. } = &policy;
    let counts = [purposes.len(), quotas.len(), curfews.len(), exempt.len(), phases.len()];
    assert_eq!(counts, [5, 1, 1, 2, 1], "every part of a policy has its example");
}
