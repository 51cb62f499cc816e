//! The pass service as residents and officers meet it: the one seam between what they ask and what becomes of it.
//!
//! Here is decided only whether and when an answer comes; what it says is for the rules of passes. Another kind of service is a
//! file beside these, a kind in `settings::ServiceKind` and a line in [`build`].

mod always;
mod capacity;
mod curve;
mod seconds;

use demand::{Calendar, RequestKind};

use crate::settings::{self, ServiceKind};
use crate::uptake::Ms;
use always::Always;
use capacity::Capacity;
use curve::Curve;
pub use curve::{CapacityCurve, CurveError, read_capacity_curve};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The service answered, at this instant.
    Answered { at_ms: Ms },
    /// It did not: it turned the request away, or was out, or the one who asked had waited long enough; known at this instant.
    Failed { at_ms: Ms },
}

impl Answer {
    /// An answer that takes `takes_ms`, to a request made at `at_ms` by someone who waits no longer than `time_out_ms`.
    fn after(at_ms: Ms, takes_ms: Ms, time_out_ms: Ms) -> Self {
        if takes_ms <= time_out_ms {
            Answer::Answered { at_ms: at_ms + takes_ms }
        } else {
            Answer::Failed { at_ms: at_ms + time_out_ms }
        }
    }

    /// When it is known.
    pub(crate) const fn at_ms(self) -> Ms {
        match self {
            Answer::Answered { at_ms } | Answer::Failed { at_ms } => at_ms,
        }
    }
}

/// A service as it is seen from outside.
pub(crate) trait Seen {
    /// Asks at `at_ms` and waits at most `time_out_ms`. `luck` is a random word of this request alone. Within a batch nobody asks
    /// earlier than the one before.
    fn ask(&mut self, at_ms: Ms, kind: RequestKind, luck: u32, time_out_ms: Ms) -> Answer;

    /// A new batch of requests begins: those of a day. It may begin with requests of the evening before, earlier than the last of the
    /// batch before by less than 24 hours.
    fn begin_batch(&mut self);
}

/// A service of any kind, and the times when it is out.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    kind: Kind,
    /// In order; they do not touch.
    outages: Vec<Outage>,
}

#[derive(Clone, Debug)]
enum Kind {
    Always(Always),
    Capacity(Capacity),
    Curve(Curve),
}

#[derive(Clone, Copy, Debug)]
struct Outage {
    from_ms: Ms,
    until_ms: Ms,
}

/// The service that `settings` describe; `curve` is what the file that they name holds.
///
/// # Errors
/// [`CurveError::Missing`] when the service is to follow a curve and there is none.
pub(crate) fn build(
    settings: &settings::Service,
    curve: Option<&CapacityCurve>,
    calendar: &Calendar,
) -> Result<Service, CurveError> {
    let kind = match settings.kind {
        ServiceKind::Always => Kind::Always(Always::new(settings)),
        ServiceKind::Capacity => Kind::Capacity(Capacity::new(settings)),
        ServiceKind::Curve => Kind::Curve(Curve::new(curve.ok_or(CurveError::Missing)?)),
    };
    Ok(Service { kind, outages: outages(&settings.outages, calendar) })
}

/// `outages` in order, as milliseconds; those that overlap or touch are one.
fn outages(outages: &[settings::Outage], calendar: &Calendar) -> Vec<Outage> {
    let midnight = calendar.start.at(0, 0, 0, 0);
    let ms = |local: jiff::civil::DateTime| local.duration_since(midnight).as_millis() as Ms;
    let mut sorted: Vec<Outage> =
        outages.iter().map(|outage| Outage { from_ms: ms(outage.from), until_ms: ms(outage.until) }).collect();
    sorted.sort_by_key(|outage| outage.from_ms);
    sorted.dedup_by(|later, earlier| {
        let one = later.from_ms <= earlier.until_ms;
        if one {
            earlier.until_ms = earlier.until_ms.max(later.until_ms);
        }
        one
    });
    sorted
}

impl Service {
    /// Whether the random number of a request matters.
    pub(crate) const fn needs_luck(&self) -> bool {
        matches!(self.kind, Kind::Curve(_))
    }

    /// How long every answer takes, where no request of someone who waits for `time_out_ms` can fail; `None` where one may.
    pub(crate) fn sure_answer_ms(&self, time_out_ms: Ms) -> Option<Ms> {
        match &self.kind {
            Kind::Always(always) if self.outages.is_empty() => {
                Some(always.latency_ms()).filter(|ms| *ms <= time_out_ms)
            }
            _ => None,
        }
    }

    /// Whether what one request meets depends on the others. If not, requests may be asked apart and in any order, each of a clone.
    pub(crate) const fn is_scarce(&self) -> bool {
        !matches!(self.kind, Kind::Always(_))
    }
}

impl Seen for Service {
    /// In an outage a request fails at once and makes no work. One that waits when an outage begins fails then, and the queue is
    /// empty afterwards: what waited is lost.
    fn ask(&mut self, at_ms: Ms, kind: RequestKind, luck: u32, time_out_ms: Ms) -> Answer {
        let over = self.outages.partition_point(|outage| outage.until_ms <= at_ms);
        let next_ms = self.outages.get(over).map_or(Ms::MAX, |outage| outage.from_ms);
        if next_ms <= at_ms {
            return Answer::Failed { at_ms };
        }
        if let (Kind::Capacity(capacity), Some(last)) = (&mut self.kind, over.checked_sub(1)) {
            capacity.restart(self.outages[last].until_ms);
        }
        let answer = self.kind.seen().ask(at_ms, kind, luck, time_out_ms);
        if answer.at_ms() < next_ms { answer } else { Answer::Failed { at_ms: next_ms } }
    }

    fn begin_batch(&mut self) {
        self.kind.seen().begin_batch();
    }
}

impl Kind {
    fn seen(&mut self) -> &mut dyn Seen {
        match self {
            Kind::Always(always) => always,
            Kind::Capacity(capacity) => capacity,
            Kind::Curve(curve) => curve,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::philox::philox4x32;
    use crate::uptake::DAY_MS;
    use proptest::prelude::*;

    const CALENDAR: Calendar = Calendar { start: jiff::civil::date(2020, 4, 13), days: 3, utc_offset_min: 180 };
    const HOUR_MS: Ms = 3_600_000;
    const PATIENT_MS: Ms = DAY_MS;

    fn outage(from_h: i8, until_h: i8) -> settings::Outage {
        let at = |hour| CALENDAR.start.at(hour, 0, 0, 0);
        settings::Outage { from: at(from_h), until: at(until_h) }
    }

    fn service(kind: ServiceKind, change: impl FnOnce(&mut settings::Service)) -> Service {
        let mut settings = settings::Service { kind, ..settings::Service::default() };
        change(&mut settings);
        let curve = read_capacity_curve(curve::tests::TABLE.as_bytes()).unwrap();
        build(&settings, Some(&curve), &CALENDAR).unwrap()
    }

    fn ask(service: &mut Service, at_ms: Ms, time_out_ms: Ms) -> Answer {
        let [luck, ..] = philox4x32([at_ms as u32, 0, 0, 0], [1, 2]);
        service.ask(at_ms, RequestKind::Issue, luck, time_out_ms)
    }

    const KINDS: [ServiceKind; 3] = [ServiceKind::Always, ServiceKind::Capacity, ServiceKind::Curve];

    #[test]
    fn a_curve_must_be_there() {
        let settings = settings::Service { kind: ServiceKind::Curve, ..settings::Service::default() };
        assert!(matches!(build(&settings, None, &CALENDAR), Err(CurveError::Missing)));
    }

    #[test]
    fn nobody_gets_through_an_outage() {
        for kind in KINDS {
            let mut service =
                service(kind, |settings| settings.outages = vec![outage(11, 12), outage(9, 10), outage(10, 11)]);
            let at = |at_h: Ms| at_h * HOUR_MS;
            assert!(matches!(ask(&mut service, at(9) - 1_000, PATIENT_MS), Answer::Answered { .. }), "{kind:?}");
            for at_ms in [at(9), at(10), at(11), at(12) - 1] {
                assert_eq!(ask(&mut service, at_ms, PATIENT_MS), Answer::Failed { at_ms }, "{kind:?}");
            }
            assert!(matches!(ask(&mut service, at(12), PATIENT_MS), Answer::Answered { .. }), "{kind:?}");
        }
    }

    #[test]
    fn an_outage_empties_the_queue() {
        let mut service = service(ServiceKind::Capacity, |settings| {
            settings.rate_per_s = 1.0;
            settings.outages = vec![outage(1, 2)];
        });
        let (from_ms, until_ms) = (HOUR_MS, 2 * HOUR_MS);
        // Two hours of work come half an hour before the outage.
        let answers: Vec<Answer> = (0..7_200).map(|_| ask(&mut service, from_ms - HOUR_MS / 2, PATIENT_MS)).collect();
        let answered = answers.iter().filter(|answer| matches!(answer, Answer::Answered { .. })).count();
        assert_eq!(answered, 1_800, "half an hour of work is done");
        assert!(answers[answered..].iter().all(|answer| *answer == Answer::Failed { at_ms: from_ms }));
        assert_eq!(ask(&mut service, until_ms, PATIENT_MS), Answer::Answered { at_ms: until_ms + 50 });
    }

    #[test]
    fn enough_capacity_is_always() {
        let mut always = service(ServiceKind::Always, |_| ());
        let mut capacity = service(ServiceKind::Capacity, |settings| settings.rate_per_s = 1e9);
        assert!(!always.is_scarce() && capacity.is_scarce());
        for word in 0..20_000 {
            let at_ms = word * 37 / 10;
            let time_out_ms = word % 100;
            assert_eq!(ask(&mut always, at_ms, time_out_ms), ask(&mut capacity, at_ms, time_out_ms));
        }
    }

    proptest! {
        #[test]
        fn everyone_hears_within_the_time_out(
            kind in prop::sample::select(&KINDS[..]),
            steps in prop::collection::vec((0..50_000_i64, 0..40_000_i64, any::<u32>()), 1..200),
            early in 0..20_u8,
        ) {
            let mut service = service(kind, |settings| {
                settings.rate_per_s = 0.1;
                settings.queue = 5;
                settings.outages = vec![outage(0, 1)];
            });
            let mut at_ms = HOUR_MS / 2;
            for (number, (after_ms, time_out_ms, luck)) in steps.into_iter().enumerate() {
                at_ms += after_ms;
                if number % 25 == 24 {
                    service.begin_batch();
                    at_ms -= Ms::from(early) * HOUR_MS;
                }
                let answer = service.ask(at_ms, RequestKind::Issue, luck, time_out_ms).at_ms();
                prop_assert!((at_ms..=at_ms + time_out_ms).contains(&answer));
            }
        }

        /// Where nobody asks earlier than before, batches change nothing.
        #[test]
        fn batches_in_order_are_one(
            kind in prop::sample::select(&KINDS[..]),
            steps in prop::collection::vec((0..20_000_i64, any::<bool>(), any::<u32>()), 1..200),
        ) {
            let change = |settings: &mut settings::Service| {
                settings.rate_per_s = 0.15;
                settings.queue = 20;
            };
            let (mut whole, mut split) = (service(kind, change), service(kind, change));
            let mut at_ms = 0;
            for (after_ms, new_batch, luck) in steps {
                at_ms += after_ms;
                if new_batch {
                    split.begin_batch();
                }
                let [whole, split] =
                    [&mut whole, &mut split].map(|service| service.ask(at_ms, RequestKind::Issue, luck, 30_000));
                prop_assert_eq!(whole, split);
            }
        }
    }
}
