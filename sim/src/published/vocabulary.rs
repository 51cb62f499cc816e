//! Everything that a scenario can say of a run: one row a measure.

use demand::RequestKind;
use passes::{Channel, Purpose};

use super::measure::Part;
use crate::{Counts, DaySummary, Simulation};

const MINUTES_PER_H: usize = 60;
const MINUTES_PER_DAY: usize = 24 * MINUTES_PER_H;
const MS_PER_MIN: f64 = 60_000.0;

/// A word of the vocabulary.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// Whether it grows with the number of residents.
    pub(super) scales: bool,
    /// Of what part of a run it can be taken.
    parts: &'static [&'static str],
    /// Which of these must be said.
    pub(super) needs: Option<&'static str>,
    pub(super) value: fn(&Simulation, &Part) -> Option<f64>,
}

/// The vocabulary. docs/scenario.md says of each word what it means.
pub(super) const WORDS: [Word; 18] = [
    Word::rate("trips_per_resident_day", "per resident-day", &["day", "purpose"], |run, part| {
        ratio(counts(run, part).trips, resident_days(run, part))
    }),
    Word::amount("passes", "passes", &["day", "purpose"], |run, part| Some(counts(run, part).passes as f64)),
    Word::rate("passes_per_resident_day", "per resident-day", &["day", "purpose"], |run, part| {
        ratio(counts(run, part).passes, resident_days(run, part))
    }),
    Word::rate("passes_share", "share", &["day", "purpose"], |run, part| {
        ratio(counts(run, part).passes, counts(run, &Part { purpose: None, ..part.clone() }).passes)
    })
    .needing("purpose"),
    Word::rate("annulled_share", "share", &["day", "purpose"], |run, part| {
        let counts = counts(run, part);
        ratio(counts.annulled, counts.passes)
    }),
    Word::rate("malformed_share", "share", &["day"], |run, part| {
        ratio(counts(run, part).malformed, sum(run, part, |day| day.requests[RequestKind::Issue as usize]))
    }),
    Word::amount("registrations", "registrations", &["day", "channel"], |run, part| {
        Some(registrations(run, part, part.channel) as f64)
    }),
    Word::rate("registrations_share", "share", &["day", "channel"], |run, part| {
        ratio(registrations(run, part, part.channel), registrations(run, part, None))
    })
    .needing("channel"),
    Word::amount("requests", "requests", &["day", "until_h", "kind"], |run, part| {
        Some(by_minute(run, part).sum::<u64>() as f64)
    }),
    Word::amount("requests_per_min_mean", "per min", &["day", "kind"], requests_per_min_mean),
    Word::amount("requests_per_min_peak", "per min", &["day", "kind"], requests_per_min_peak),
    Word::rate("requests_peak_to_mean", "times", &["day", "kind"], |run, part| {
        let mean = requests_per_min_mean(run, part).filter(|mean| *mean > 0.0)?;
        Some(requests_per_min_peak(run, part)? / mean)
    }),
    Word::rate("failed_requests_share", "share", &["day", "kind"], |run, part| {
        let of_kind = |counts: &[u64; RequestKind::ALL.len()]| match part.kind {
            Some(kind) => counts[kind as usize],
            None => counts.iter().sum(),
        };
        ratio(sum(run, part, |day| of_kind(&day.failed_requests)), sum(run, part, |day| of_kind(&day.requests)))
    }),
    Word::amount("checks_per_day", "per day", &["place"], |run, part| {
        let in_place =
            |name: &String| run.places.iter().find(|place| place.place.name == *name).map(|place| place.checks_there);
        ratio(part.place.as_ref().map_or(Some(run.checks), in_place)?, run.days.into())
    }),
    Word::rate("checked_without_pass_share", "share", &["day", "purpose"], |run, part| {
        let counts = counts(run, part);
        ratio(counts.found_without_pass, counts.checks)
    }),
    Word::amount("gate_arrivals", "residents", &["day"], |run, part| {
        Some(sum(run, part, |day| day.gate_arrivals) as f64)
    }),
    Word::rate("gate_wait_mean_min", "min", &["day"], |run, part| {
        let waited_ms = sum(run, part, |day| day.gate_wait_sum_ms);
        ratio(waited_ms, sum(run, part, |day| day.gate_arrivals)).map(|mean_ms| mean_ms / MS_PER_MIN)
    }),
    Word::rate("gate_wait_max_min", "min", &["day"], |run, part| {
        days(run, part).map(|day| day.gate_wait_max_ms as f64 / MS_PER_MIN).reduce(f64::max)
    }),
];

impl Word {
    /// A number that does not depend on how many residents there are, but for chance.
    const fn rate(
        name: &'static str,
        unit: &'static str,
        parts: &'static [&'static str],
        value: fn(&Simulation, &Part) -> Option<f64>,
    ) -> Self {
        Word { name, unit, scales: false, parts, needs: None, value }
    }

    /// A number that grows with the number of residents.
    const fn amount(
        name: &'static str,
        unit: &'static str,
        parts: &'static [&'static str],
        value: fn(&Simulation, &Part) -> Option<f64>,
    ) -> Self {
        Word { scales: true, ..Word::rate(name, unit, parts, value) }
    }

    const fn needing(self, part: &'static str) -> Self {
        Word { needs: Some(part), ..self }
    }

    /// Whether it can be taken of a `part`.
    pub(super) fn takes(&self, part: &str) -> bool {
        self.parts.contains(&part)
    }

    /// How it is written.
    pub(super) fn usage(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(|part| format!("{part}=..")).collect();
        let whole = format!("{}({})", self.name, parts.join(", "));
        if self.needs.is_some() { format!("write {whole}") } else { format!("write {} or {whole}", self.name) }
    }
}

/// `part` of `whole`; `None` when there is no whole.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn days<'a>(run: &'a Simulation, part: &Part) -> impl Iterator<Item = &'a DaySummary> + use<'a> {
    let day = part.day;
    run.day_summaries.iter().filter(move |summary| day.is_none_or(|day| day == summary.day))
}

fn sum(run: &Simulation, part: &Part, of: impl Fn(&DaySummary) -> u64) -> u64 {
    days(run, part).map(of).sum()
}

fn counts(run: &Simulation, part: &Part) -> Counts {
    let mut counts = Counts::default();
    for day in days(run, part) {
        for purpose in Purpose::ALL.into_iter().filter(|purpose| part.purpose.is_none_or(|only| only == *purpose)) {
            counts.add(&day.purposes[purpose as usize]);
        }
    }
    counts
}

fn resident_days(run: &Simulation, part: &Part) -> u64 {
    run.residents * days(run, part).count() as u64
}

fn registrations(run: &Simulation, part: &Part, channel: Option<Channel>) -> u64 {
    let through = |day: &DaySummary, channel: Channel| day.registrations[channel as usize];
    let all = |day: &DaySummary| day.registrations.iter().sum();
    sum(run, part, |day| channel.map_or_else(|| all(day), |channel| through(day, channel)))
}

/// The requests of each minute of the run, or of one day of it up to an hour.
fn by_minute<'a>(run: &'a Simulation, part: &'a Part) -> impl Iterator<Item = u64> + 'a {
    let is_meant = |minute: usize| {
        part.day.is_none_or(|day| minute / MINUTES_PER_DAY == usize::from(day))
            && part.until_h.is_none_or(|hour| minute % MINUTES_PER_DAY < usize::from(hour) * MINUTES_PER_H)
    };
    let minutes = run.demand.minutes().iter().enumerate().filter(move |(minute, _)| is_meant(*minute));
    minutes.map(|(_, kinds)| {
        let all = || kinds.iter().map(|requests| u64::from(*requests)).sum();
        part.kind.map_or_else(all, |kind| kinds[kind as usize].into())
    })
}

/// Requests over the minutes of the days, whether or not one came in each.
fn requests_per_min_mean(run: &Simulation, part: &Part) -> Option<f64> {
    ratio(by_minute(run, part).sum(), (days(run, part).count() * MINUTES_PER_DAY) as u64)
}

fn requests_per_min_peak(run: &Simulation, part: &Part) -> Option<f64> {
    by_minute(run, part).map(|requests| requests as f64).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use demand::{RateSeries, Request, SimTime};

    use super::*;
    use crate::Measure;

    /// Two days of 200 residents: 100 and 60 trips to a shop, 50 passes on the first day, a fifth of them annulled.
    fn run() -> Simulation {
        let mut first = DaySummary { registrations: [30, 0, 10], ..Default::default() };
        first.requests[RequestKind::Issue as usize] = 80;
        first.purposes[Purpose::Groceries as usize] =
            Counts { trips: 100, passes: 50, annulled: 10, malformed: 20, ..Default::default() };
        first.purposes[Purpose::Work as usize] =
            Counts { passes: 150, checks: 8, found_without_pass: 2, ..Default::default() };
        (first.gate_arrivals, first.gate_wait_sum_ms, first.gate_wait_max_ms) = (10, 600_000, 180_000);
        let mut second = DaySummary { day: 1, ..Default::default() };
        second.purposes[Purpose::Groceries as usize].trips = 60;
        let issue = |minute: u64| Request {
            at: SimTime::from_ms(minute * 60_000),
            resident: 0,
            place: 0,
            kind: RequestKind::Issue,
            purpose: Some(Purpose::Groceries),
        };
        let requests: Vec<Request> = [0, 0, 0, 59, 60, 2_000].map(issue).into();
        Simulation {
            demand: RateSeries::new(&requests),
            residents: 200,
            households: 80,
            days: 2,
            day_summaries: vec![first, second],
            trips: 160,
            passes: 200,
            checks: 8,
            complete: true,
            ..Simulation::default()
        }
    }

    fn value(measure: &str) -> Option<f64> {
        measure.parse::<Measure>().unwrap().value(&run(), 2_000)
    }

    #[test]
    fn each_word_measures_what_it_says() {
        for (measure, expected) in [
            ("trips_per_resident_day", 0.4),
            ("trips_per_resident_day(day=1)", 0.3),
            ("passes_per_resident_day(purpose=work)", 0.375),
            ("passes_share(purpose=work)", 0.75),
            ("annulled_share(purpose=groceries)", 0.2),
            ("malformed_share(day=0)", 0.25),
            ("registrations_share(channel=web)", 0.75),
            ("requests_peak_to_mean(kind=issue)", 1_440.0),
            ("checked_without_pass_share", 0.25),
            ("gate_wait_mean_min", 1.0),
            ("gate_wait_max_min(day=0)", 3.0),
        ] {
            assert_eq!(value(measure), Some(expected), "{measure}");
        }
    }

    #[test]
    fn what_grows_with_the_residents_is_scaled_up() {
        for (measure, expected) in [
            ("passes(day=0)", 2_000.0),
            ("registrations(channel=phone)", 100.0),
            ("requests(kind=issue, until_h=1)", 40.0),
            ("requests(kind=issue)", 60.0),
            ("requests(day=1)", 10.0),
            ("requests_per_min_mean(day=0)", 50.0 / 1_440.0),
            ("requests_per_min_peak", 30.0),
            ("checks_per_day", 40.0),
            ("gate_arrivals", 100.0),
        ] {
            assert_eq!(value(measure), Some(expected), "{measure}");
        }
    }

    #[test]
    fn nothing_is_no_number() {
        for measure in [
            "annulled_share(day=1)",
            "passes_share(day=1, purpose=pet)",
            "checks_per_day(place=Bor)",
            "gate_wait_mean_min(day=1)",
        ] {
            assert_eq!(value(measure), None, "{measure}");
        }
    }

    #[test]
    fn every_word_stands_in_the_document() {
        let document = include_str!("../../../docs/scenario.md");
        for word in &WORDS {
            let row = format!("| `{}` | {} | {} |", word.name, word.parts.join(", "), word.unit);
            assert!(document.contains(&row), "docs/scenario.md lacks the row {row}");
        }
    }
}
