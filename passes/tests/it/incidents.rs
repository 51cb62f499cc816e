//! The rules of documented systems, written as a `[policy]` and nothing else.
//!
//! Names that the table of purposes lacks are mapped, and each policy says how: strolls, visits, banks and private errands are
//! `other`. The first and last day of a policy, where the text above it names none, are assumptions, as is what is marked so.

use jiff::civil::DateTime;
use passes::{
    AgeBand, Group, Limit, Occupation, Outing, Permission, Policy, Purpose, QuotaWindow, Refusal, Rules, Window,
};

const ADULT: Group = Group { age: AgeBand::From40, occupation: Occupation::OnSite };
const HOUR_S: i64 = 3_600;

/// A policy in force, and the region's clock.
struct Incident {
    rules: Rules,
    utc_offset_s: i32,
}

impl Incident {
    fn new(utc_offset_h: i32, text: &str) -> Self {
        let policy: Policy = toml::from_str(text).unwrap();
        assert_eq!(policy.faults(), []);
        let utc_offset_s = utc_offset_h * 3_600;
        Incident { rules: policy.rules(utc_offset_s), utc_offset_s }
    }

    /// The Unix second of a local time.
    fn unix_s(&self, local: &str) -> i64 {
        let local: DateTime = local.parse().unwrap();
        local.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second() - i64::from(self.utc_offset_s)
    }

    /// What is said of an adult's trip.
    fn permits(&self, purpose: Purpose, local: &str, distance_m: u32) -> Permission {
        self.rules.permits(&Outing { purpose, at_s: self.unix_s(local), distance_m, group: ADULT })
    }

    /// When a pass holds that is asked for at once.
    fn pass(&self, purpose: Purpose, local: &str) -> Result<Window, Refusal> {
        self.rules.window(purpose, self.unix_s(local), None, None)
    }

    /// How many minutes it lasts.
    fn minutes(&self, purpose: Purpose, local: &str) -> Result<i64, Refusal> {
        self.pass(purpose, local).map(|window| window.length_s() / 60)
    }

    /// How many passes of full length, asked for at these times, the quotas let one resident have.
    fn passes_had(&self, asks: &[(Purpose, &str)]) -> usize {
        let mut had: Vec<(Purpose, Window)> = Vec::new();
        for &(purpose, local) in asks {
            let window = self.pass(purpose, local).unwrap();
            let mut quotas = self.rules.quota_windows(purpose, window.from_s);
            if quotas.all(|quota: QuotaWindow| quota.admits(had.iter().copied(), window)) {
                had.push((purpose, window));
            }
        }
        had.len()
    }
}

/// Decree of 2 April 2020; durations: kasparov.org, 2 April 2020. The passport is enough for pets and rubbish near home
/// (Kommersant, doc 4310659), or a pass is needed (kasparov.org): both readings.
fn nizhny_novgorod(pet: &str) -> Incident {
    Incident::new(
        3,
        &format!(
            r#"
            from = "2020-04-02T12:00" # the hour: assumption
            until = "2020-06-12T00:00"
            [purposes]
            pet = {pet}
            groceries = {{ validity_min = 180 }}
            pharmacy = {{ validity_min = 180 }}
            doctor = {{ validity_min = 180 }}
            rubbish = {{ validity_min = 30, near_home_m = 100 }} # the distance: assumption
            work = {{ validity_min = 720 }} # assumption
            "#
        ),
    )
}

#[test]
fn nizhny_novgorod_in_both_readings() {
    let passport = nizhny_novgorod("{ validity_min = 60, near_home_m = 100 }");
    let pass = nizhny_novgorod("{ validity_min = 60 }");
    let morning = "2020-04-03T08:00";
    assert_eq!(passport.permits(Purpose::Pet, morning, 80), Permission::Free);
    assert_eq!(passport.permits(Purpose::Pet, morning, 800), Permission::NeedsPass);
    assert_eq!(pass.permits(Purpose::Pet, morning, 80), Permission::NeedsPass);
    for incident in [&passport, &pass] {
        assert_eq!(incident.minutes(Purpose::Pet, morning), Ok(60));
        assert_eq!(incident.minutes(Purpose::Rubbish, morning), Ok(30));
        assert_eq!(incident.minutes(Purpose::Groceries, morning), Ok(180));
        assert_eq!(incident.permits(Purpose::Other, morning, 0), Permission::Forbidden(Refusal::PurposeNotAllowed));
        assert_eq!(incident.permits(Purpose::Groceries, "2020-06-12T00:00", 500), Permission::Free, "the sunset");
    }
}

/// nedoma.mos.ru: passes from 13 April 2020, needed from the 15th; work until 30 April, extended in bulk to 11 and 31 May; a doctor
/// for a day, without limit; private trips (`other`) for a day, at most two a week (TASS, 13 April and 12 May 2020). Walking was
/// exempt: what is near home needs no pass.
#[test]
fn moscow_extends_work_passes_in_bulk_and_counts_private_trips() {
    let moscow = Incident::new(
        3,
        r#"
        from = "2020-04-13T00:00"
        until = "2020-06-09T00:00"
        advance_h = 72 # assumption
        quotas = [{ purposes = ["other"], passes = 2, per = "week" }]

        # Until the 15th passes are given and not yet needed.
        [purposes]
        work = { valid_until = "2020-04-30T23:59", needs_pass = false }
        doctor = { validity = "day", needs_pass = false }
        other = { validity = "day", needs_pass = false }
        groceries = { needs_pass = false }
        pharmacy = { needs_pass = false }
        pet = { needs_pass = false }
        rubbish = { needs_pass = false }

        [[phases]]
        from = "2020-04-15T00:00"
        purposes.work = { valid_until = "2020-04-30T23:59" }
        purposes.doctor = { validity = "day" }
        purposes.other = { validity = "day" }

        [[phases]]
        from = "2020-04-28T00:00" # the day: assumption
        purposes.work = { valid_until = "2020-05-11T23:59", extends_issued = true }

        [[phases]]
        from = "2020-05-11T00:00" # the day: assumption
        purposes.work = { valid_until = "2020-05-31T23:59", extends_issued = true }
        "#,
    );
    let end = |local| Ok(moscow.unix_s(local));
    let until_s = |local| moscow.pass(Purpose::Work, local).map(|window| window.until_s);
    assert_eq!(until_s("2020-04-13T09:00"), end("2020-04-30T23:59"));
    assert_eq!(until_s("2020-04-28T09:00"), end("2020-05-11T23:59"));
    assert_eq!(moscow.permits(Purpose::Work, "2020-04-14T09:00", 5_000), Permission::Free);
    assert_eq!(moscow.permits(Purpose::Work, "2020-04-15T09:00", 5_000), Permission::NeedsPass);
    assert_eq!(moscow.permits(Purpose::Groceries, "2020-04-15T09:00", 500), Permission::Free, "walking is exempt");

    let first = moscow.pass(Purpose::Work, "2020-04-13T09:00").unwrap();
    let as_of = |local| moscow.rules.extended(Purpose::Work, first, moscow.unix_s(local)).until_s;
    assert_eq!(as_of("2020-04-27T12:00"), moscow.unix_s("2020-04-30T23:59"));
    assert_eq!(as_of("2020-04-28T12:00"), moscow.unix_s("2020-05-11T23:59"), "nobody has to ask again");
    assert_eq!(as_of("2020-05-12T12:00"), moscow.unix_s("2020-05-31T23:59"));

    assert_eq!(moscow.pass(Purpose::Other, "2020-04-15T09:00").map(|window| window.until_s), end("2020-04-16T00:00"));
    let week = ["2020-04-15T09:00", "2020-04-17T09:00", "2020-04-19T09:00", "2020-04-20T09:00"];
    assert_eq!(moscow.passes_had(&week.map(|local| (Purpose::Other, local))), 3, "the 20th is a Monday");
    assert_eq!(moscow.passes_had(&week.map(|local| (Purpose::Doctor, local))), 4);
}

/// SMS 2590, from 1 April 2020: 60 minutes, at most two a day for each purpose; the dacha (`other`) eight a week (Kommersant,
/// doc 4310458; E-Kazan, "Sistemu SMS-propuskov uprostili"). The court, once a month, is a quota of the same kind.
#[test]
fn tatarstan_gives_an_hour_twice_a_day_for_each_purpose() {
    let tatarstan = Incident::new(
        3,
        r#"
        from = "2020-04-01T00:00"
        until = "2020-05-12T00:00"
        quotas = [
            { purposes = ["groceries"], passes = 2, per = "day" },
            { purposes = ["pharmacy"], passes = 2, per = "day" },
            { purposes = ["doctor"], passes = 1, per = "month" }, # as for the court
            { purposes = ["other"], passes = 8, per = "week" },
        ]
        [purposes]
        groceries = { validity_min = 60 }
        pharmacy = { validity_min = 60 }
        doctor = { validity_min = 60 }
        other = { validity_min = 60 }
        "#,
    );
    assert_eq!(tatarstan.minutes(Purpose::Groceries, "2020-04-02T10:00"), Ok(60));
    let day = ["2020-04-02T10:00", "2020-04-02T14:00", "2020-04-02T18:00"];
    let each = |purpose| tatarstan.passes_had(&day.map(|local| (purpose, local)));
    assert_eq!([each(Purpose::Groceries), each(Purpose::Pharmacy), each(Purpose::Doctor)], [2, 2, 1]);
    let shop_and_chemist = [(Purpose::Groceries, day[0]), (Purpose::Groceries, day[1]), (Purpose::Pharmacy, day[2])];
    assert_eq!(tatarstan.passes_had(&shop_and_chemist), 3, "each purpose by itself");
    let months = ["2020-04-02T10:00", "2020-04-30T23:00", "2020-05-01T00:00"];
    assert_eq!(tatarstan.passes_had(&months.map(|local| (Purpose::Doctor, local))), 2);
    let monday_to_sunday = ["2020-04-06T07:00", "2020-04-12T23:00"];
    let dacha: Vec<_> = monday_to_sunday.iter().cycle().take(10).map(|local| (Purpose::Other, *local)).collect();
    assert_eq!(tatarstan.passes_had(&dacha), 8);
}

/// SMS 13033, 23 March to 4 May 2020 (Keep Talking Greece): six purposes, each trip a message, no limit. Valid for three hours:
/// assumption.
#[test]
fn greece_wants_a_message_for_every_trip() {
    let greece = Incident::new(
        3,
        r#"
        from = "2020-03-23T06:00"
        until = "2020-05-04T00:00"
        [purposes]
        pharmacy = { validity_min = 180 } # 1, with the doctor
        doctor = { validity_min = 180 }
        groceries = { validity_min = 180 } # 2
        other = { validity_min = 180 } # 3 bank, 4 help, 5 ceremony
        pet = { validity_min = 180 } # 6, with exercise
        rubbish = { needs_pass = false }
        work = { needs_pass = false } # the employer's certificate
        "#,
    );
    assert_eq!(greece.permits(Purpose::Pet, "2020-03-24T10:00", 0), Permission::NeedsPass);
    assert_eq!(greece.passes_had(&[(Purpose::Groceries, "2020-03-24T10:00"); 10]), 10);
    assert_eq!(greece.pass(Purpose::Work, "2020-03-24T10:00"), Err(Refusal::PassNotNeeded));
}

/// Comisaria Virtual, 2020: two temporary permits a week, three hours for shopping, twelve for the doctor, valid from 15 minutes
/// after issue (ADN Radio, 15 May 2020). That the doctor does not count, and the curfew: assumption.
#[test]
fn chile_gives_two_permits_a_week_that_begin_in_a_quarter_of_an_hour() {
    let chile = Incident::new(
        -4,
        r#"
        from = "2020-03-26T22:00"
        until = "2021-09-30T00:00" # assumption
        earliest_start_min = 15
        quotas = [{ purposes = ["groceries", "pharmacy", "other"], passes = 2, per = "week" }]
        curfews = [{ from = "22:00", until = "05:00", purposes = ["doctor"] }]
        [purposes]
        groceries = { validity_min = 180 }
        pharmacy = { validity_min = 180 }
        other = { validity_min = 180 }
        doctor = { validity_min = 720 }
        "#,
    );
    let asked_s = chile.unix_s("2020-05-15T10:00");
    let window = Window { from_s: asked_s + 900, until_s: asked_s + 900 + 3 * HOUR_S };
    assert_eq!(chile.pass(Purpose::Groceries, "2020-05-15T10:00"), Ok(window));
    assert_eq!(chile.minutes(Purpose::Doctor, "2020-05-15T23:00"), Ok(720));
    assert_eq!(chile.pass(Purpose::Groceries, "2020-05-15T21:45"), Err(Refusal::Curfew), "it would begin at 22:00");
    let week = [
        (Purpose::Groceries, "2020-05-11T10:00"),
        (Purpose::Pharmacy, "2020-05-13T10:00"),
        (Purpose::Doctor, "2020-05-14T10:00"),
        (Purpose::Groceries, "2020-05-17T10:00"),
        (Purpose::Groceries, "2020-05-18T10:00"),
    ];
    assert_eq!(chile.passes_had(&week), 4, "all but that of the 17th");
}

/// Movement permit, April 2020: the shop once in three days, cash (`other`) once in five (Gulf News, "Dubai permit website can
/// handle 1,200 requests per minute"). Durations: assumption.
#[test]
fn dubai_lets_one_shop_every_third_day() {
    let dubai = Incident::new(
        4,
        r#"
        from = "2020-04-04T20:00"
        until = "2020-04-24T00:00"
        quotas = [
            { purposes = ["groceries"], passes = 1, per = { days = 3 } },
            { purposes = ["other"], passes = 1, per = { days = 5 } },
        ]
        [purposes]
        groceries = { validity_min = 180 }
        other = { validity_min = 120 }
        doctor = { validity_min = 240 }
        "#,
    );
    // Periods are counted from 4 April: the second of three days begins on the 7th, that of five on the 9th.
    let days = ["2020-04-05T10:00", "2020-04-06T23:59", "2020-04-07T00:00", "2020-04-08T10:00", "2020-04-09T00:00"];
    assert_eq!(dubai.passes_had(&days.map(|local| (Purpose::Groceries, local))), 2);
    assert_eq!(dubai.passes_had(&days.map(|local| (Purpose::Other, local))), 2);
    assert_eq!(dubai.passes_had(&days.map(|local| (Purpose::Doctor, local))), 5);
}

/// Certificado unico (CUHC) for exempt workers: old permits end at one midnight, were extended by two days, and everybody had to
/// ask again (Diario 26, "Se cayo pagina web"; Pagina 12, 29 May 2020).
#[test]
fn argentina_ends_all_permits_at_one_midnight() {
    let argentina = Incident::new(
        -3,
        r#"
        from = "2020-03-20T00:00"
        until = "2020-06-30T00:00"
        [purposes]
        work = { valid_until = "2020-03-31T00:00" } # the date: assumption
        groceries = { needs_pass = false }
        pharmacy = { needs_pass = false }

        [[phases]]
        from = "2020-03-30T00:00"
        purposes.work = { valid_until = "2020-04-02T00:00", extends_issued = true }

        [[phases]]
        from = "2020-04-02T00:00"
        purposes.work = { valid_until = "2020-05-30T00:00" }

        [[phases]]
        from = "2020-05-30T00:00"
        purposes.work = { valid_until = "2020-06-30T00:00" }
        "#,
    );
    let first = argentina.pass(Purpose::Work, "2020-03-21T09:00").unwrap();
    let as_of = |local| argentina.rules.extended(Purpose::Work, first, argentina.unix_s(local)).until_s;
    assert_eq!(as_of("2020-03-29T00:00"), argentina.unix_s("2020-03-31T00:00"));
    assert_eq!(as_of("2020-06-01T00:00"), argentina.unix_s("2020-04-02T00:00"), "two days, and no more");
    let last = argentina.pass(Purpose::Work, "2020-05-29T23:59").unwrap();
    let next = argentina.pass(Purpose::Work, "2020-05-30T00:00").unwrap();
    assert_eq!(last.until_s, next.from_s, "all end at the instant at which the next can be asked for");
}

/// Italy: a form that one signs oneself (Viminale). France: the same on paper from 17 March, on a web page from 6 April 2020 (LCI,
/// "L'attestation numerique"). Neither asks a server. Children need no form: assumption.
#[test]
fn italy_and_france_ask_no_server() {
    let europe = Incident::new(
        2,
        r#"
        from = "2020-03-17T12:00"
        until = "2020-05-11T00:00"
        exempt = [{ age = ["0_6"] }]
        [purposes]
        groceries = { needs_pass = false }
        pharmacy = { needs_pass = false }
        pet = { needs_pass = false, radius_m = 1000 }
        rubbish = { needs_pass = false }
        doctor = { needs_pass = false }
        work = { needs_pass = false }
        "#,
    );
    let noon = "2020-04-06T12:00";
    for purpose in Purpose::ALL.into_iter().filter(|purpose| *purpose != Purpose::Other) {
        assert_eq!(europe.permits(purpose, noon, 900), Permission::Free);
        assert_eq!(europe.pass(purpose, noon), Err(Refusal::PassNotNeeded));
    }
    assert_eq!(europe.permits(Purpose::Pet, noon, 1_001), Permission::Forbidden(Refusal::BeyondRadius));
    assert_eq!(europe.permits(Purpose::Other, noon, 0), Permission::Forbidden(Refusal::PurposeNotAllowed));
    let child = Group { age: AgeBand::Under7, occupation: Occupation::None };
    let with_parents = Outing { purpose: Purpose::Other, at_s: europe.unix_s(noon), distance_m: 0, group: child };
    assert_eq!(europe.rules.permits(&with_parents), Permission::Free);
}

/// Tawakkalna, May 2020: four hours of permits a week, one hour each; supply within 3 km; a walk (`other`) of one hour within 1 km,
/// not from 17 to 20 h; drivers (`work`) 90 minutes twice a day (Al Arabiya, "Movement permits available during coronavirus
/// curfew").
#[test]
fn tawakkalna_counts_hours_and_distances() {
    let tawakkalna = Incident::new(
        3,
        r#"
        from = "2020-05-04T00:00"
        until = "2020-06-21T00:00"
        [purposes]
        groceries = { validity_min = 60, radius_m = 3000 }
        other = { validity_min = 60, radius_m = 1000, hours = ["20:00-17:00"] }
        work = { validity_min = 90 }
        [[quotas]]
        purposes = ["groceries"]
        minutes = 240
        per = "week"
        [[quotas]]
        purposes = ["work"]
        passes = 2
        per = "day"
        "#,
    );
    let week = ["05T09:00", "06T09:00", "07T09:00", "08T09:00", "09T09:00"].map(|end| format!("2020-05-{end}"));
    let supply: Vec<_> = week.iter().map(|local| (Purpose::Groceries, local.as_str())).collect();
    assert_eq!(tawakkalna.passes_had(&supply), 4);
    let quota = tawakkalna.rules.quota_windows(Purpose::Groceries, tawakkalna.unix_s("2020-05-05T09:00")).next();
    assert_eq!(quota.map(|quota| quota.limit), Some(Limit::Minutes(240)));
    assert_eq!(tawakkalna.passes_had(&[(Purpose::Work, "2020-05-05T09:00"); 3]), 2);

    let walk = |time, distance_m| tawakkalna.permits(Purpose::Other, &format!("2020-05-05T{time}"), distance_m);
    assert_eq!([walk("16:59", 1_000), walk("20:00", 1_000)], [Permission::NeedsPass; 2]);
    assert_eq!([walk("17:00", 0), walk("19:59", 0)], [Permission::Forbidden(Refusal::OutsideHours); 2]);
    assert_eq!(walk("10:00", 1_001), Permission::Forbidden(Refusal::BeyondRadius));
    assert_eq!(tawakkalna.pass(Purpose::Other, "2020-05-05T18:00"), Err(Refusal::OutsideHours));
    let supply = |distance_m| tawakkalna.permits(Purpose::Groceries, "2020-05-05T18:00", distance_m);
    assert_eq!([supply(3_000), supply(3_001)], [Permission::NeedsPass, Permission::Forbidden(Refusal::BeyondRadius)]);
}

/// The app of the Moscow region and 21 others, 23 April 2020: reusable passes for work beside single-use ones for a day (The Moscow
/// Times, 23 April 2020). Medics show their own card: as in Nizhny Novgorod (Kommersant, doc 4310659).
#[test]
fn reusable_and_single_use_passes_stand_side_by_side() {
    let region = Incident::new(
        3,
        r#"
        from = "2020-04-23T00:00"
        until = "2020-06-01T00:00" # assumption
        exempt = [{ occupation = ["on_site"], purposes = ["work"] }]
        [purposes]
        work = { valid_until = "2020-05-11T23:59" }
        other = { validity = "day" }
        "#,
    );
    assert_eq!(region.permits(Purpose::Work, "2020-04-24T08:00", 9_000), Permission::Free);
    let remote = Group { occupation: Occupation::Remote, ..ADULT };
    let at_s = region.unix_s("2020-04-24T08:00");
    let outing = Outing { purpose: Purpose::Work, at_s, distance_m: 9_000, group: remote };
    assert_eq!(region.rules.permits(&outing), Permission::NeedsPass);
    assert_eq!(region.minutes(Purpose::Other, "2020-04-24T23:00"), Ok(60), "to midnight");
}
