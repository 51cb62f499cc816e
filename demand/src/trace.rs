//! All requests of a run in order.

use std::time::Duration;

use crate::{Request, SimTime};

/// All requests of a run, sorted: the plan that a load run keeps to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    requests: Vec<Request>,
}

impl Trace {
    /// The trace of `requests`, put in order.
    pub fn new(mut requests: Vec<Request>) -> Self {
        requests.sort_unstable();
        Trace { requests }
    }

    /// The requests in order.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The requests from `from` until just before `until`.
    pub fn between(&self, from: SimTime, until: SimTime) -> &[Request] {
        let index_of = |at| self.requests.partition_point(|request| request.at < at);
        &self.requests[index_of(from)..index_of(until).max(index_of(from))]
    }

    /// The start of the `length` in which most requests come, the first of equals; `None` for an empty trace.
    pub fn busiest(&self, length: Duration) -> Option<SimTime> {
        let mut best: Option<(usize, SimTime)> = None;
        let mut last = 0;
        for (first, request) in self.requests.iter().enumerate() {
            while self.requests.get(last).is_some_and(|end| end.at < request.at + length) {
                last += 1;
            }
            if best.is_none_or(|(count, _)| last - first > count) {
                best = Some((last - first, request.at));
            }
        }
        best.map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RequestKind;
    use proptest::prelude::*;

    fn at(ms: u64) -> Request {
        Request { at: SimTime::from_ms(ms), resident: 0, place: 0, kind: RequestKind::Register, purpose: None }
    }

    proptest! {
        #[test]
        fn no_window_is_busier(times in prop::collection::vec(0..1_000_u64, 1..60), length in 1..200_u64) {
            let trace = Trace::new(times.iter().copied().map(at).collect());
            let length = Duration::from_millis(length);
            let count = |from: SimTime| trace.between(from, from + length).len();
            let busiest = count(trace.busiest(length).unwrap());
            let greatest = (0..1_000).map(|ms| count(SimTime::from_ms(ms))).max();
            prop_assert_eq!(Some(busiest), greatest);
        }
    }
}
