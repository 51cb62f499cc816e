//! Bounds on the work taken on at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::route::Route;
use crate::Limits;

/// Counts the requests that are worked on, and turns away those beyond the bounds.
///
/// Writes have a bound of their own below the bound of all, so that officers are still answered when more people ask for passes
/// than can be served.
#[derive(Debug)]
pub(super) struct Gate {
    all: Bound,
    writes: Bound,
}

/// One bound.
#[derive(Debug)]
pub(super) struct Bound {
    limit: usize,
    taken: AtomicUsize,
    shed: AtomicU64,
}

/// Places taken within the bounds, given back when dropped.
pub(super) struct Places<'a> {
    _all: Place<'a>,
    _write: Option<Place<'a>>,
}

struct Place<'a> {
    bound: &'a Bound,
    weight: usize,
}

impl Gate {
    pub(super) fn new(limits: &Limits) -> Self {
        Gate { all: Bound::new(limits.in_flight), writes: Bound::new(limits.writes_in_flight) }
    }

    /// Places for a request to `route`, or `None` when there is no room.
    pub(super) fn enter(&self, route: Route) -> Option<Places<'_>> {
        let write = if route.is_write() { Some(self.writes.take(1)?) } else { None };
        Some(Places { _all: self.all.take(route.weight())?, _write: write })
    }

    /// The bounds with their names, for the metrics.
    pub(super) fn bounds(&self) -> [(&'static str, &Bound); 2] {
        [("all", &self.all), ("writes", &self.writes)]
    }
}

impl Bound {
    fn new(limit: usize) -> Self {
        Bound { limit, taken: AtomicUsize::new(0), shed: AtomicU64::new(0) }
    }

    /// A place of `weight`. What is heavier than the limit gets in when it is alone.
    fn take(&self, weight: usize) -> Option<Place<'_>> {
        let before = self.taken.fetch_add(weight, Ordering::Relaxed);
        let place = Place { bound: self, weight };
        if weight == 0 || before == 0 || before + weight <= self.limit {
            return Some(place);
        }
        self.shed.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// How much is taken now.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// How many were turned away so far.
    pub(super) fn shed(&self) -> u64 {
        self.shed.load(Ordering::Relaxed)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.bound.taken.fetch_sub(self.weight, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_given_back() {
        let gate = Gate::new(&Limits { in_flight: 3, writes_in_flight: 1, ..Limits::default() });
        let write = gate.enter(Route::Issue);
        assert!(write.is_some(), "one write");
        assert!(gate.enter(Route::Cancel).is_none() && gate.enter(Route::CheckIn).is_none(), "and no second");
        let others = [gate.enter(Route::Verify), gate.enter(Route::Show)];
        assert!(others.iter().all(Option::is_some) && gate.enter(Route::Verify).is_none(), "three in all");
        assert!(gate.enter(Route::Metrics).is_some(), "always");
        drop(write);
        assert!(gate.enter(Route::Verify).is_some());
        assert!(gate.enter(Route::RegisterBatch).is_none(), "too heavy beside others");
        drop(others);
        assert!(gate.enter(Route::RegisterBatch).is_some(), "alone, even the heaviest gets in");
        assert_eq!(gate.bounds().map(|(_, bound)| (bound.taken(), bound.shed())), [(0, 2), (0, 2)]);
    }
}
