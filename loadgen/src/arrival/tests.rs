//! The laws of arrival processes, each on every kind.

use proptest::prelude::*;

use super::*;

/// Every kind of process, with a length in seconds in which some 20,000 arrivals are expected. A new kind is added here and obeys the
/// same laws.
fn any_process() -> impl Strategy<Value = (Arrivals, f64)> {
    let rate = || 1.0..50_000.0_f64;
    let binomial = || (1..5_000_u64).prop_map(|of| Spacing::Binomial { of: NonZeroU64::new(of).unwrap() });
    let spacing = move || prop_oneof![Just(Spacing::Poisson), Just(Spacing::Even), binomial()];
    let kinds = prop_oneof![
        rate().prop_map(|rate_per_s| Arrivals::Constant { rate_per_s }),
        rate().prop_map(|rate_per_s| Arrivals::Poisson { rate_per_s }),
        (prop::collection::vec((0.0..9.0_f64, 0.0..9_000.0_f64), 0..6), rate(), spacing()).prop_map(
            |(gaps, last_per_s, spacing)| {
                let mut at_s = 0.0;
                let mut points = vec![RatePoint { at_s, rate_per_s: last_per_s }];
                for (gap_s, rate_per_s) in gaps {
                    at_s += gap_s;
                    points.push(RatePoint { at_s, rate_per_s });
                }
                points.push(RatePoint { at_s, rate_per_s: last_per_s });
                Arrivals::Curve { points, spacing }
            }
        ),
        (0.0..9_000.0_f64, rate(), 0.1..60.0_f64, spacing()).prop_map(|(from_per_s, to_per_s, over_s, spacing)| {
            Arrivals::Ramp { from_per_s, to_per_s, over_s, spacing }
        }),
        (prop::collection::vec(0.0..9_000.0_f64, 0..5), rate(), 0.1..20.0_f64, spacing()).prop_map(
            |(mut rates_per_s, last_per_s, each_s, spacing)| {
                rates_per_s.push(last_per_s);
                Arrivals::Steps { rates_per_s, each_s, spacing }
            }
        ),
        (0.0..100.0_f64, 1_000.0..50_000.0_f64, 0.1..2.0_f64, 0.1..20.0_f64, spacing()).prop_map(
            |(base_per_s, burst_per_s, burst_s, pause_s, spacing)| {
                Arrivals::Burst { base_per_s, burst_per_s, burst_s, every_s: burst_s + pause_s, spacing }
            }
        ),
        prop::collection::vec(0..30_000_000_000_u64, 20_000).prop_map(|mut instants_ns| {
            instants_ns.sort_unstable();
            Arrivals::Recorded(instants_ns.into())
        }),
    ];
    kinds.prop_map(|kind| {
        let length_s =
            (0..60).map(|power| 1.5_f64.powi(power - 20)).find(|length_s| kind.expected(*length_s) > 20_000.0);
        (kind, length_s.unwrap_or(30.0))
    })
}

fn ns(seconds: f64) -> u64 {
    (seconds * 1e9) as u64
}

fn instants(kind: &Arrivals, seed: u64, until_ns: u64) -> Vec<u64> {
    let mut process = kind.build(seed);
    std::iter::from_fn(|| process.next_ns()).take_while(|at_ns| *at_ns < until_ns).collect()
}

fn spacing_of(kind: &Arrivals) -> Option<Spacing> {
    (!matches!(kind, Arrivals::Recorded(_))).then(|| kind.shape().1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn counts_follow_the_integral_of_the_rate((kind, length_s) in any_process(), seed: u64) {
        let until_ns = ns(length_s);
        let process = kind.build(seed);
        // The midpoint rule by pieces: a jump falls into one piece and misplaces at most half of what comes in it.
        const PIECES: u64 = 20_000;
        let middle = |piece| ((2 * piece + 1) as f64 * until_ns as f64 / (2 * PIECES) as f64) as u64;
        let integral = (0..PIECES).map(|piece| process.rate_at(middle(piece))).sum::<f64>() / PIECES as f64 * length_s;
        let expected = process.expected(until_ns);
        prop_assert!((integral - expected).abs() <= 0.02 * expected + 1.0, "{integral} by rate_at, {expected} by expected");
        // Five standard deviations: one false alarm in two million. What is spaced evenly is exact; of what comes in known numbers only
        // those of the last stretch scatter.
        let count = instants(&kind, seed, until_ns).len() as f64;
        let deviation = match spacing_of(&kind) {
            Some(Spacing::Poisson) => expected.sqrt(),
            Some(Spacing::Binomial { of }) => {
                let (of, into) = (of.get() as f64, expected % of.get() as f64);
                (into * (1.0 - into / of)).sqrt()
            }
            Some(Spacing::Even) | None => 0.0,
        };
        prop_assert!((count - expected).abs() <= 5.0 * deviation + 1.5, "{count} arrivals where {expected} are expected");
    }

    #[test]
    fn instants_never_go_back_and_follow_from_the_seed((kind, length_s) in any_process(), seed: u64) {
        let until_ns = ns(length_s / 10.0);
        let first = instants(&kind, seed, until_ns);
        prop_assert!(first.is_sorted());
        prop_assert_eq!(first, instants(&kind, seed, until_ns));
    }

    #[test]
    fn poisson_counts_are_as_scattered_as_they_must_be((kind, length_s) in any_process(), seed: u64) {
        // Known numbers scatter as Poisson ones do within stretches that are much longer than what is looked at.
        prop_assume!(match spacing_of(&kind) {
            Some(Spacing::Binomial { of }) => of.get() >= 1_000,
            spacing => spacing == Some(Spacing::Poisson),
        });
        // Index of dispersion over windows in each of which 20 are expected: (k - 1) variance / mean is chi-squared with k - 1
        // degrees of freedom, near normal with mean k - 1 and standard deviation sqrt(2 (k - 1)); five of these either way.
        let process = kind.build(seed);
        let windows = (process.expected(ns(length_s)) / 20.0).floor();
        let mut counts = vec![0.0_f64; windows as usize];
        for at_ns in instants(&kind, seed, ns(length_s)) {
            if let Some(count) = counts.get_mut((process.expected(at_ns) / 20.0) as usize) {
                *count += 1.0;
            }
        }
        let mean = counts.iter().sum::<f64>() / windows;
        let statistic = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / mean;
        prop_assert!((statistic - (windows - 1.0)).abs() < 5.0 * (2.0 * (windows - 1.0)).sqrt(), "{statistic} of {windows}");
    }

    #[test]
    fn parts_of_a_schedule_are_disjoint_and_complete((kind, length_s) in any_process(), seed: u64, shards in 1..5_u32) {
        use crate::schedule::{Ask, Feed, Mixed, People, Schedule, Source};
        use crate::wallet::Dealing;
        let people = People { residents: 40, holders: 10, patients: 5, issued: 0, single_use: false };
        let mix = crate::Mix::new(&[(crate::Kind::Issue, 1.0), (crate::Kind::Verify, 1.0), (crate::Kind::Get, 0.3)]);
        let part = |dealing, lane| {
            let feeds = vec![Feed::new(kind.build(seed), None)];
            let mixed = Mixed::new(&mix, people, seed, feeds, ns(length_s / 20.0));
            Schedule::new(Source::Mixed(mixed), dealing, lane).collect::<Vec<Ask>>()
        };
        let whole = part(Dealing { shard: 0, shards: 1, lanes: 1 }, 0);
        let lanes = (0..shards).flat_map(|shard| [0, 1].map(|lane| (Dealing { shard, shards, lanes: 2 }, lane)));
        let mut parts: Vec<Ask> = lanes.flat_map(|(dealing, lane)| part(dealing, lane)).collect();
        parts.sort_by_key(|ask| ask.index);
        prop_assert_eq!(whole, parts);
    }
}

#[test]
fn a_known_number_comes_in_each_stretch() {
    let spacing = Spacing::Binomial { of: NonZeroU64::new(60).unwrap() };
    let points = vec![RatePoint { at_s: 0.0, rate_per_s: 20.0 }];
    let came = instants(&Arrivals::Curve { points, spacing }, 7, ns(300.0));
    for stretch in 0..100 {
        let within = |at_ns: &&u64| (ns(3.0) * stretch..ns(3.0) * (stretch + 1)).contains(*at_ns);
        assert_eq!(came.iter().filter(within).count(), 60, "{stretch}");
    }
    // Anywhere in it: 6,000 uniform instants have a mean within five standard errors of the middle.
    let mean_s = came.iter().map(|at_ns| (at_ns % ns(3.0)) as f64 / 1e9).sum::<f64>() / came.len() as f64;
    assert!((mean_s - 1.5).abs() < 5.0 * 3.0 / (12.0 * 6_000.0_f64).sqrt(), "{mean_s}");
}

#[test]
fn constant_gaps_do_not_drift() {
    let mut process = Arrivals::Constant { rate_per_s: 3.0 }.build(0);
    let last = (0..=3_000_000).filter_map(|_| process.next_ns()).last().unwrap();
    assert_eq!(last, 1_000_000_000_000_000);
}

#[test]
fn rates_are_those_that_were_written() {
    let spacing = Spacing::Even;
    let burst = Arrivals::Burst { base_per_s: 1.0, burst_per_s: 9.0, burst_s: 2.0, every_s: 10.0, spacing };
    let process = burst.build(0);
    assert_eq!([0.0, 1.9, 2.0, 9.9, 10.0, 31.0].map(|at_s| process.rate_at(ns(at_s))), [9.0, 9.0, 1.0, 1.0, 9.0, 9.0]);
    assert_eq!((process.expected(ns(10.0)), burst.peak_per_s()), (26.0, 9.0));
    let steps = Arrivals::Steps { rates_per_s: vec![5.0, 0.0, 2.0], each_s: 2.0, spacing };
    assert_eq!([1.0, 3.0, 99.0].map(|at_s| steps.build(0).rate_at(ns(at_s))), [5.0, 0.0, 2.0]);
    // Ten in the first two seconds, none in the next two, then one each half second.
    assert_eq!(instants(&steps, 0, ns(5.1))[9..], [1_800_000_000, 4_000_000_000, 4_500_000_000, 5_000_000_000]);
    let ramp = Arrivals::Ramp { from_per_s: 0.0, to_per_s: 10.0, over_s: 10.0, spacing };
    assert_eq!((ramp.build(0).rate_at(ns(5.0)), ramp.expected(10.0), ramp.expected(12.0)), (5.0, 50.0, 70.0));
    let ends = Arrivals::Steps { rates_per_s: vec![5.0, 0.0], each_s: 1.0, spacing };
    assert_eq!(
        std::iter::from_fn({
            let mut process = ends.build(0);
            move || process.next_ns()
        })
        .count(),
        5
    );
}

#[test]
fn impossible_processes_are_refused() {
    let at = |at_s, rate_per_s| RatePoint { at_s, rate_per_s };
    let spacing = Spacing::Poisson;
    for (kind, keys) in [
        (Arrivals::Poisson { rate_per_s: f64::NAN }, vec!["a.poisson.rate_per_s"]),
        (Arrivals::Constant { rate_per_s: 0.0 }, vec!["a.constant.rate_per_s"]),
        (Arrivals::Curve { points: vec![], spacing }, vec!["a.curve.points"]),
        (Arrivals::Curve { points: vec![at(2.0, 1.0), at(1.0, -1.0)], spacing }, vec!["a.curve.points"; 3]),
        (
            Arrivals::Ramp { from_per_s: 0.0, to_per_s: 0.0, over_s: 0.0, spacing },
            vec!["a.ramp.to_per_s", "a.ramp.over_s"],
        ),
        (Arrivals::Steps { rates_per_s: vec![0.0], each_s: 1.0, spacing }, vec!["a.steps.rates_per_s"]),
        (
            Arrivals::Burst { base_per_s: 1.0, burst_per_s: 9.0, burst_s: 2.0, every_s: 2.0, spacing },
            vec!["a.burst.every_s"],
        ),
    ] {
        let told: Vec<String> = kind.faults("a").into_iter().map(|fault| fault.key).collect();
        assert_eq!(told, keys, "{kind:?}");
    }
}
