//! A window of a trace.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use demand::{Request, RequestKind};
use passes::Purpose;

use super::Needs;
use crate::{Arrivals, Kind};

/// A window of a trace, ready to be played: residents are numbered from 0, times count from the start of the window.
#[derive(Clone, Debug)]
pub struct TracePlan {
    pub(super) asks: Vec<TraceAsk>,
    pub(super) arrivals: Arrivals,
    residents: u32,
    newcomers: Vec<u32>,
    holders: Vec<(u32, Purpose)>,
    pub(super) duration: Duration,
}

/// One request of the window, without its instant: 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceAsk {
    pub(crate) resident: u32,
    pub(crate) kind: Kind,
    pub(crate) purpose: Purpose,
}

impl TracePlan {
    /// Plays `window` (such as [`demand::Trace::between`] gives) from its first request on, `speed` times as fast as it was.
    ///
    /// Whoever shows or cancels a pass in the window that was issued before it is given one in preparation.
    ///
    /// # Panics
    /// Panics when `speed` is not a positive finite number.
    pub fn new(window: &[Request], speed: f64) -> Self {
        assert!(speed > 0.0 && speed.is_finite(), "speed is a positive number");
        let start = window.first().map_or(demand::SimTime::default(), |request| request.at);
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        // Passes that were asked for in the window, or are prepared.
        let mut known: HashSet<(u32, Purpose)> = HashSet::new();
        let (mut asks, mut instants_ns) = (Vec::with_capacity(window.len()), Vec::with_capacity(window.len()));
        let (mut newcomers, mut holders): (Vec<u32>, _) = (Vec::new(), Vec::new());
        for request in window {
            let next = numbers.len() as u32;
            let resident = *numbers.entry(request.resident).or_insert(next);
            if resident == next && request.kind == RequestKind::Register {
                newcomers.push(resident);
            }
            let purpose = request.purpose.unwrap_or(Purpose::Other);
            if matches!(request.kind, RequestKind::Issue | RequestKind::Verify | RequestKind::Cancel) {
                let earlier = known.insert((resident, purpose)) && request.kind != RequestKind::Issue;
                // A newcomer cannot hold a pass from before: such a check finds none.
                if earlier && newcomers.binary_search(&resident).is_err() {
                    holders.push((resident, purpose));
                }
            }
            instants_ns.push((request.at.since(start).as_nanos() as f64 / speed) as u64);
            asks.push(TraceAsk { resident, kind: request.kind.into(), purpose });
        }
        let duration = Duration::from_nanos(instants_ns.last().map_or(0, |last_ns| last_ns + 1));
        let arrivals = Arrivals::Recorded(instants_ns.into());
        TracePlan { asks, arrivals, residents: numbers.len() as u32, newcomers, holders, duration }
    }

    /// How many requests the window has.
    pub fn requests(&self) -> usize {
        self.asks.len()
    }

    /// How many residents appear in it.
    pub fn residents(&self) -> u32 {
        self.residents
    }

    pub(super) fn needs(&self) -> Needs {
        let verifies = self.asks.iter().any(|ask| ask.kind == Kind::Verify);
        Needs {
            residents: self.residents,
            newcomers: self.newcomers.clone(),
            holders: self.holders.clone(),
            patients: 0,
            verifies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use demand::SimTime;

    fn request(ms: u64, resident: u32, kind: RequestKind) -> Request {
        let purpose = kind.has_purpose().then_some(Purpose::Pet);
        Request { at: SimTime::from_ms(ms), resident, place: 0, kind, purpose }
    }

    #[test]
    fn a_window_starts_at_its_first_request_and_can_be_hurried() {
        let window = [request(5_000, 7, RequestKind::Issue), request(6_000, 9, RequestKind::Register)];
        let plan = TracePlan::new(&window, 4.0);
        assert_eq!(plan.arrivals, Arrivals::Recorded([0, 250_000_000].into()));
        assert_eq!(plan.residents(), 2);
    }

    #[test]
    fn only_passes_from_before_the_window_are_prepared() {
        use RequestKind::{Cancel, CheckIn, Issue, Verify};
        let window = [
            request(0, 1, Verify),
            request(1, 2, Issue),
            request(2, 2, Verify),
            request(3, 1, Cancel),
            request(4, 3, Cancel),
            request(5, 4, CheckIn),
        ];
        let needs = Plan::Trace(TracePlan::new(&window, 1.0)).needs(0, false);
        assert_eq!(needs.holders, [(0, Purpose::Pet), (2, Purpose::Pet)]);
        assert_eq!((needs.residents, needs.verifies), (4, true), "who checks in needs a token and no pass");
    }
}
