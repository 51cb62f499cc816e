//! Scenarios over all that a scenario can say: every key over its allowed range, its ends included.

use std::ops::RangeInclusive;

use jiff::civil::{DateTime, Time};
use passes::{
    AgeBand, Curfew, Exempt, Hours, Occupation, Period, Phase, Policy, Purpose, PurposeRule, Quota, Share, Validity,
};
use proptest::collection::{btree_map, vec};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use sim::settings::{
    AGE_BANDS, Activities, Behaviour, Bots, Checks, Gate, LARGEST_HOUSEHOLD, Outage, Patients, Population, Reach,
    Seeking, Service, ServiceKind, Spread,
};
use sim::{Place, Region, Settings};

use crate::support::{Case, LAUNCH, at_h, towns};

pub(crate) fn share() -> impl Strategy<Value = Share> {
    prop_oneof![Just(0.0), Just(1.0), 0.0..=1.0, 0.0..=0.01].prop_map(|share| Share::try_from(share).unwrap())
}

/// A number of a range, often one of its ends.
fn within<T: Copy + std::fmt::Debug>(range: RangeInclusive<T>) -> impl Strategy<Value = T>
where
    RangeInclusive<T>: Strategy<Value = T>,
{
    let (least, most) = (*range.start(), *range.end());
    prop_oneof![1 => Just(least), 1 => Just(most), 6 => range]
}

/// A local time within days of the first midnight, or far from it.
fn date_time() -> impl Strategy<Value = DateTime> {
    prop_oneof![8 => -30..100_i64, 1 => -20_000..20_000_i64].prop_map(at_h)
}

fn time() -> impl Strategy<Value = Time> {
    (0..24_i8, select(&[0_i8, 1, 30, 59][..])).prop_map(|(hour, minute)| jiff::civil::time(hour, minute, 0, 0))
}

/// Shares that sum to 1.
fn whole<const N: usize>() -> impl Strategy<Value = [Share; N]> {
    vec(prop_oneof![1 => Just(0.0), 3 => 0.0..1.0], N).prop_filter_map("nothing at all", |parts| {
        let sum: f64 = parts.iter().sum();
        let share = |part: &f64| Share::try_from(part / sum).ok();
        parts.iter().map(share).collect::<Option<Vec<Share>>>()?.try_into().ok()
    })
}

/// Two shares of one whole.
fn parts() -> impl Strategy<Value = (Share, Share)> {
    (share(), share()).prop_map(|(first, second)| {
        let rest = (1.0 - first.get()) * second.get();
        (first, Share::try_from(rest).unwrap())
    })
}

prop_compose! {
    fn population()(
        sizes in weighted(0.5, whole::<LARGEST_HOUSEHOLD>()),
        ages in weighted(0.3, whole::<AGE_BANDS>()),
        alone in weighted(0.5, share()),
        (essential, remote) in parts(),
        student in share(),
        dog in share(),
        employed in prop::array::uniform6(share()),
        chronic in prop::array::uniform6(share()),
        phones in prop::array::uniform6(parts()),
    ) -> Population {
        let default = Population::default();
        Population {
            household_size_shares: sizes.unwrap_or(default.household_size_shares),
            age_band_shares: ages.unwrap_or(default.age_band_shares),
            alone_60_plus_share: alone.unwrap_or(default.alone_60_plus_share),
            employed_shares: employed,
            essential_share: essential,
            remote_share: remote,
            student_share: student,
            chronic_shares: chronic,
            app_shares: phones.map(|(app, _)| app),
            web_shares: phones.map(|(_, web)| web),
            dog_share: dog,
        }
    }
}

prop_compose! {
    fn weights()(
        hours in prop_oneof![vec(within(0.0..=1e6), 24), vec(Just(0.0), 24)],
        peak in 0..24_usize,
    ) -> [f64; 24] {
        let mut weights: [f64; 24] = hours.try_into().unwrap();
        weights[peak] = 1e6;
        weights
    }
}

fn spread() -> impl Strategy<Value = Spread> {
    (within(1.0..=1_440.0), within(0.0..=2.0)).prop_map(|(median_min, sigma)| Spread { median_min, sigma })
}

fn reach() -> impl Strategy<Value = Reach> {
    (within(1.0..=100_000.0), within(0.0..=2.0)).prop_map(|(median_m, sigma)| Reach { median_m, sigma })
}

prop_compose! {
    fn days()(
        pantry in (within(1..=60_u8), within(1..=60_u8)),
        rubbish_every_days in within(1..=60_u8),
        dog_walks_per_day in within(0..=4_u8),
        prescription_days in within(1..=180_u8),
        gap_min in within(1..=1_440_u32),
        work_jitter_min in within(0..=240_u32),
        local_leg_min in within(1..=240_u32),
        km in (within(0.1..=10_000.0), within(0.0..=20_000.0), within(0.0..=20_000.0), within(1.0..=1_000.0)),
    ) -> Activities {
        Activities {
            pantry_least_days: pantry.0.min(pantry.1),
            pantry_most_days: pantry.0.max(pantry.1),
            rubbish_every_days,
            dog_walks_per_day,
            prescription_days,
            gap_min,
            work_jitter_min,
            local_leg_min,
            gravity_km: km.0,
            reach_km: km.1,
            rural_km: km.2,
            speed_kmh: km.3,
            ..Activities::default()
        }
    }
}

prop_compose! {
    fn activities()(
        mut activities in days().boxed(),
        [pharmacy, doctor, chronic, weekday, weekend, other, carry, rotating, school, chain] in prop::array::uniform10(share()),
        own_place in share(),
        weights in vec(of(weights().boxed()), 7),
        lengths in vec(of(spread()), 7),
        distances in vec(of(reach()), 7),
    ) -> Activities {
        (activities.pharmacy_share, activities.doctor_share, activities.chronic_doctor_share) = (pharmacy, doctor, chronic);
        (activities.work_weekday_share, activities.work_weekend_share) = (weekday, weekend);
        (activities.other_share, activities.other_carry_share, activities.own_place_share) = (other, carry, own_place);
        (activities.work_rotating_share, activities.school_share, activities.chain_share) = (rotating, school, chain);
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            let departures = &mut activities.departure_weights;
            let (length, distance) = (&mut activities.lengths, &mut activities.distances);
            let (departures, length, distance) = match purpose {
                Purpose::Groceries => (&mut departures.groceries, &mut length.groceries, &mut distance.groceries),
                Purpose::Pharmacy => (&mut departures.pharmacy, &mut length.pharmacy, &mut distance.pharmacy),
                Purpose::Pet => (&mut departures.pet, &mut length.pet, &mut distance.pet),
                Purpose::Rubbish => (&mut departures.rubbish, &mut length.rubbish, &mut distance.rubbish),
                Purpose::Doctor => (&mut departures.doctor, &mut length.doctor, &mut distance.doctor),
                Purpose::Work => (&mut departures.work, &mut length.work, &mut distance.work),
                Purpose::Other => (&mut departures.other, &mut length.other, &mut distance.other),
            };
            *departures = weights[index].unwrap_or(*departures);
            *length = lengths[index].unwrap_or(*length);
            *distance = distances[index].unwrap_or(*distance);
        }
        activities
    }
}

fn bots() -> impl Strategy<Value = Bots> {
    (-30..60_i64, 1..40_i64, within(0.0..=0.02)).prop_map(|(from, hours, per_s)| Bots {
        from: at_h(from),
        until: at_h(from + hours),
        per_s,
    })
}

prop_compose! {
    /// When residents hear of the service, turn to it and reach it.
    fn uptake()(
        announced_h in prop_oneof![6 => -30..40_i64, 1 => Just(-10_000_i64), 1 => Just(10_000_i64)],
        opens_h in prop::array::uniform3(prop_oneof![6 => 0..40_i64, 1 => Just(10_000_i64)]),
        aware in (within(0.01..=1_000.0), within(0.0..=3.0)),
        first_contact_delay_min in within(0.1..=100_000.0),
        form_min in within(0.1..=240.0),
        quiet in (within(0..=23_u8), within(0.01..=24.0)),
        [registers, app, waits, owl, at_once, stocks_up] in prop::array::uniform6(share()),
        stocked_days in within(1..=60_u8),
    ) -> Behaviour {
        Behaviour {
            announced_at: at_h(announced_h),
            web_from: at_h(announced_h + opens_h[0]),
            phone_from: at_h(announced_h + opens_h[1]),
            app_from: at_h(announced_h + opens_h[2]),
            aware_median_h: aware.0,
            aware_sigma: aware.1,
            first_contact_delay_min,
            form_min,
            quiet_until_h: quiet.0,
            morning_spread_h: quiet.1,
            registration_share: registers,
            app_share: app,
            app_wait_share: Share::try_from(app.get() * waits.get()).unwrap(),
            night_owl_share: owl,
            ask_at_once_share: at_once,
            stocking_up_share: stocks_up,
            stocked_days,
            ..Behaviour::default()
        }
    }
}

prop_compose! {
    /// How residents ask, fail, learn.
    fn behaviour()(
        mut behaviour in uptake().boxed(),
        [obeys, cancels, anyway, gives_up, switches, fine, refusal, reapply] in prop::array::uniform8(share()),
        (evening, door) in parts(),
        evening_from_h in within(0..=23_u8),
        seeking in prop::array::uniform7(share()),
        tries in (within(1..=100_u8), within(1..=100_u8)),
        times in (within(0.1..=1_440.0), within(0.1..=3_600.0), within(0..=240_u32), within(0.1..=86_400.0)),
        malformed in (vec(share(), 0..4), within(0.01..=10_000.0), within(0..=72_u32), within(0.1..=1_440.0)),
        lesson_days in within(0..=63_u8),
        bots in vec(bots(), 0..3),
    ) -> Behaviour {
        (behaviour.obey_share, behaviour.cancel_share, behaviour.go_anyway_share) = (obeys, cancels, anyway);
        (behaviour.give_up_share, behaviour.switch_share, behaviour.reapply_share) = (gives_up, switches, reapply);
        (behaviour.fine_lesson_share, behaviour.refusal_lesson_share) = (fine, refusal);
        (behaviour.evening_before_share, behaviour.at_the_door_share) = (evening, door);
        let [groceries, pharmacy, pet, rubbish, doctor, work, other] = seeking;
        behaviour.seeking = Seeking { groceries, pharmacy, pet, rubbish, doctor, work, other };
        (behaviour.most_tries, behaviour.switch_after_tries) = tries;
        (behaviour.lead_mean_min, behaviour.time_out_s, behaviour.patience_min, behaviour.retry_mean_s) = times;
        (behaviour.malformed_shares, behaviour.malformed_half_life_d) = (malformed.0, malformed.1);
        (behaviour.malformed_found_h, behaviour.correction_min) = (malformed.2, malformed.3);
        Behaviour { evening_from_h, lesson_days, bots, ..behaviour }
    }
}

prop_compose! {
    fn service()(
        kind in select(&[ServiceKind::Always, ServiceKind::Always, ServiceKind::Capacity][..]),
        rate_per_s in prop_oneof![within(0.001..=1.0), within(0.001..=1e9)],
        latency_ms in within(0.0..=60_000.0),
        queue in prop_oneof![0..20_u32, Just(u32::MAX)],
        outages in vec((date_time(), 1..30_i64), 0..3),
    ) -> Service {
        let outage = |(from, hours): (DateTime, i64)| Outage { from, until: from + jiff::Span::new().hours(hours) };
        Service { kind, rate_per_s, latency_ms, queue, curve: String::new(), outages: outages.into_iter().map(outage).collect() }
    }
}

/// Kinds of gates have names of their own.
fn numbered(mut gates: Vec<Gate>) -> Vec<Gate> {
    (0..).zip(&mut gates).for_each(|(number, gate): (u32, &mut Gate)| gate.name = format!("gate {number}"));
    gates
}

prop_compose! {
    fn gate()(
        from in date_time(),
        hours in 1..100_i64,
        purposes in vec(select(&Purpose::ALL[..]), 0..3),
        (trip_share, checked_share) in (share(), share()),
        (least_km, per_100k) in (prop_oneof![Just(0.0), within(0.0..=20_000.0)], within(0.0..=100_000.0)),
        officers in within(1..=1_000_u32),
        manual_s in prop_oneof![within(0.0..=60.0), within(0.0..=3_600.0)],
        turns_back in any::<bool>(),
    ) -> Gate {
        let until = from + jiff::Span::new().hours(hours);
        Gate { name: "gate".into(), from, until, purposes, trip_share, least_km, per_100k, officers, manual_s, checked_share, turns_back }
    }
}

prop_compose! {
    fn checks()(
        officers_per_100k in prop_oneof![Just(20.0), within(0.0..=100_000.0)],
        officers_in in of(within(0.0..=100_000.0)),
        stops_per_h in prop_oneof![Just(0.1), within(0.0..=10.0)],
        hour_shares in of(vec(share(), 24)),
        gates in prop_oneof![Just(Vec::new()), vec(gate(), 1..3).prop_map(numbered)],
    ) -> Checks {
        Checks {
            officers_per_100k,
            officers_in: officers_in.into_iter().map(|officers| ("Nizhniy Novgorod".to_owned(), officers)).collect(),
            stops_per_h,
            hour_shares: hour_shares.map_or(Checks::default().hour_shares, |shares| shares.try_into().unwrap()),
            gates,
        }
    }
}

prop_compose! {
    fn patients()(
        first_day_share in prop_oneof![Just(Share::of(0.0)), share()],
        growth_per_day in within(0.0..=10.0),
        days_at_home in within(1..=60_u8),
        prompts_per_day in within(0..=8_u8),
        hours in (within(0..=23_u8), within(1..=24_u8)),
        answer_share in share(),
        answer_mean_min in within(0.1..=1_440.0),
    ) -> Patients {
        Patients {
            first_day_share,
            growth_per_day,
            days_at_home,
            prompts_per_day,
            prompts_from_h: hours.0.min(hours.1 - 1),
            prompts_until_h: hours.1,
            answer_share,
            answer_mean_min,
        }
    }
}

/// A number that is mostly small.
fn small() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 1..3_000_u32, 1 => Just(1_u32), 1 => Just(u32::MAX)]
}

fn hours() -> impl Strategy<Value = Hours> {
    (time(), time()).prop_filter_map("no time at all", |(from, until)| (from != until).then_some(Hours { from, until }))
}

prop_compose! {
    /// A rule that holds from `from_h` on, in a phase or not.
    fn rule(from_h: i64, in_phase: bool)(
        allowed in prop::bool::weighted(0.9),
        needs_pass in prop::bool::weighted(0.8),
        lasts in 0..4_u8,
        validity_min in small(),
        until_h in 1..100_i64,
        extends in any::<bool>(),
        radius_m in of(small()),
        near_home_m in of(small()),
        hours in prop_oneof![Just(Vec::new()), vec(hours(), 1..3)],
    ) -> PurposeRule {
        let valid_until = (lasts == 2).then(|| at_h(from_h + until_h));
        PurposeRule {
            allowed,
            validity_min: (lasts == 0 || (lasts == 3 && needs_pass)).then_some(validity_min),
            validity: (lasts == 1).then_some(Validity::Day),
            extends_issued: extends && in_phase && valid_until.is_some(),
            valid_until,
            needs_pass,
            radius_m,
            near_home_m: near_home_m.map(|near| near.min(radius_m.unwrap_or(u32::MAX))),
            hours,
        }
    }
}

fn quotas() -> impl Strategy<Value = Vec<Quota>> {
    let per = prop_oneof![
        Just(Period::Day),
        Just(Period::Week),
        Just(Period::Month),
        (1..5_u32).prop_map(Period::Days),
        Just(Period::Days(u32::MAX)),
    ];
    let purposes = vec(select(&Purpose::ALL[..]), 0..4);
    let quota = (purposes, per, prop_oneof![(1..4_u32).prop_map(Ok), small().prop_map(Err)]);
    let quota =
        quota.prop_map(|(purposes, per, limit)| Quota { purposes, passes: limit.ok(), minutes: limit.err(), per });
    vec(quota, 0..3)
}

fn curfews() -> impl Strategy<Value = Vec<Curfew>> {
    let curfew = (hours(), vec(select(&Purpose::ALL[..]), 0..3));
    vec(curfew.prop_map(|(Hours { from, until }, purposes)| Curfew { from, until, purposes }), 0..2)
}

fn exempt() -> impl Strategy<Value = Vec<Exempt>> {
    let age = vec(select(&AgeBand::ALL[..]), 0..3);
    let occupation = vec(select(&Occupation::ALL[..]), 0..2);
    let group = (age, occupation, vec(select(&Purpose::ALL[..]), 1..3));
    vec(group.prop_map(|(age, occupation, purposes)| Exempt { age, occupation, purposes }), 0..2)
}

prop_compose! {
    /// What a phase may change, and the policy begins with: hours ahead, and minutes before a pass holds.
    fn lead_times()(
        advance_h in prop_oneof![4 => Just(24_u32), 4 => 0..72_u32, 1 => Just(u32::MAX)],
        earliest in prop_oneof![3 => Just(0.0), 2 => 0.0..0.05, 1 => 0.0..=1.0],
    ) -> (u32, u32) {
        (advance_h, (f64::from(advance_h) * 60.0 * earliest) as u32)
    }
}

prop_compose! {
    fn phase(from_h: i64)(
        purposes in btree_map(select(&Purpose::ALL[..]), rule(from_h, true).boxed(), 0..3),
        lead_times in of(lead_times()),
        quotas in of(quotas()),
        curfews in of(curfews()),
        exempt in of(exempt()),
    ) -> Phase {
        let (advance_h, earliest_start_min) = lead_times.unzip();
        Phase { from: at_h(from_h), advance_h, earliest_start_min, purposes, quotas, curfews, exempt }
    }
}

prop_compose! {
    fn phases(from_h: i64)(
        (first, second) in (1..40_i64, 1..40_i64),
    )(
        phases in (phase(from_h + first).boxed(), phase(from_h + first + second).boxed()),
        count in 0..3_usize,
    ) -> Vec<Phase> {
        [phases.0, phases.1].into_iter().take(count).collect()
    }
}

prop_compose! {
    pub(crate) fn policy()(
        from_h in prop_oneof![-30..50_i64, Just(0_i64), Just(-2_000_i64)],
    )(
        from_h in Just(from_h),
        lasts_h in prop_oneof![100..5_000_i64, 82..90_i64],
        purposes in btree_map(select(&Purpose::ALL[..]), rule(from_h, false).boxed(), 1..8),
        lead_times in lead_times(),
        quotas in quotas(),
        curfews in curfews(),
        exempt in exempt(),
        phases in phases(from_h).boxed(),
    ) -> Policy {
        let (advance_h, earliest_start_min) = lead_times;
        let policy = Policy::new(at_h(from_h), at_h(from_h + lasts_h), purposes);
        Policy { advance_h, earliest_start_min, quotas, curfews, exempt, phases, ..policy }
    }
}

/// A region of so many residents in three towns or one place, or in places where nobody lives.
fn places(residents: u32) -> impl Strategy<Value = Vec<Place>> {
    let town = move |parts: [u32; 4]| {
        let of = |part: usize| (u64::from(residents) * u64::from(parts[part]) / 400) as u32;
        let mut towns = towns(residents);
        towns.iter_mut().enumerate().for_each(|(part, town)| town.residents = of(part));
        towns
    };
    let one = move |all: bool| vec![Place { residents: if all { residents } else { 0 }, ..towns(10)[0].clone() }];
    prop_oneof![3 => prop::array::uniform4(0..=100_u32).prop_map(town), 1 => any::<bool>().prop_map(one)]
}

prop_compose! {
    fn settings(residents: u32)(
        population in population().boxed(),
        activities in prop_oneof![1 => Just(Activities::default()), 2 => activities()],
        behaviour in prop_oneof![1 => Just(Behaviour::default()), 3 => behaviour()],
        service in prop_oneof![1 => Just(Service::default()), 1 => service()],
        checks in checks().boxed(),
        patients in patients().boxed(),
    ) -> Settings {
        let region = Region { places: "towns.csv".into(), residents };
        Settings { region, population, activities, behaviour, service, checks, patients }
    }
}

prop_compose! {
    /// A scenario. Most are accepted.
    pub(crate) fn case()(
        residents in prop_oneof![1..=300_u32, 1..=4_u32],
    )(
        settings in settings(residents).boxed(),
        places in places(residents).boxed(),
        policy in policy().boxed(),
        days in 1..=4_u16,
        utc_offset_min in select(&[180_i16, 0, -720, 840, 345][..]),
        seed in any::<u64>(),
    ) -> Case {
        let calendar = demand::Calendar { days, utc_offset_min, ..LAUNCH };
        Case { settings, places, calendar, policy, curve: None, seed }
    }
}
