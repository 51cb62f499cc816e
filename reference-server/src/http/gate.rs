//! Bounds on the work taken on: who comes in beyond them would be answered too late, and is told so at once.
//!
//! Two things can be scarce. When the **store** is, requests in flight pile up behind it: each lane lets in only as many as are
//! answered within [`Limits::wait`], which it learns from how long those before had to wait. When the **processor** is, requests
//! pile up before they are looked at: a watch that comes round late tells by how much. A pause of the disk or the machine is
//! neither: who waited through it is answered. Officers have a lane of their own, and the others give way to them. So has who asks for
//! a signature that takes long: what it takes is known beforehand, so nobody has to be late before the others learn from it. Why it is
//! built so, with figures: `docs/decisions/0019-answered-in-time-or-at-once.md`.

mod bound;
mod refusals;
mod signatures;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use self::bound::{Bound, Place};
use self::refusals::Refusals;
use self::signatures::Signatures;
use self::watch::Watch;
use super::route::Route;
use crate::Limits;

/// Newcomers wait longer than this when many hundreds of connections ask at once; with fewer, never.
const BUSY: Duration = Duration::from_millis(20);

/// How many files each thread that serves has open besides connections: the ends of the calls that watch it, and its runtime's.
pub(crate) const FILES_A_THREAD: usize = 2 * watch::CALLS + 8;

/// Who shares the bounds with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Verifications: a queue of people stands behind each.
    Officers,
    /// What residents and the public read.
    Reads,
    /// What the store's writer has to work for.
    Writes,
    /// What a signature that takes long has to be made for, besides.
    Signatures,
}

impl Lane {
    pub(super) const ALL: [Lane; 4] = [Lane::Officers, Lane::Reads, Lane::Writes, Lane::Signatures];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Lane::Officers => "officers",
            Lane::Reads => "reads",
            Lane::Writes => "writes",
            Lane::Signatures => "signatures",
        }
    }

    /// `signs`: whether signatures take long.
    fn of(route: Route, signs: bool) -> Self {
        match route {
            Route::Verify => Lane::Officers,
            Route::Issue if signs => Lane::Signatures,
            _ if route.is_write() => Lane::Writes,
            _ => Lane::Reads,
        }
    }
}

/// Why a request was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many of its lane are in flight.
    Queue,
    /// The processor is behind.
    Processor,
}

impl Refused {
    pub(super) const ALL: [Refused; 2] = [Refused::Queue, Refused::Processor];

    /// The name in the metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Refused::Queue => "queue",
            Refused::Processor => "processor",
        }
    }
}

/// Whose connection rests when it was told no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Anybody's: the processor is behind, and whatever was asked would be late.
    Everybody,
    /// One on which no verification was answered: officers do not wait for as long as residents are sent away.
    ResidentsAlone,
}

/// Lets requests in, lane by lane.
#[derive(Debug)]
pub(crate) struct Gate {
    lanes: [Bound; Lane::ALL.len()],
    /// None where signatures take no time worth speaking of.
    signatures: Option<Signatures>,
    refusals: Refusals,
    watch: Arc<Watch>,
    wait: Duration,
}

impl Gate {
    /// `signers`: so many make signatures that take long; 0: there are none such. `threads`: so many serve.
    pub(super) fn new(limits: &Limits, signers: usize, threads: usize) -> Self {
        let signatures = (signers > 0).then(|| Signatures::by(signers));
        let most = |lane| match lane {
            Lane::Officers => limits.in_flight,
            Lane::Reads => limits.in_flight / 2,
            Lane::Writes => limits.writes_in_flight,
            Lane::Signatures => signatures.as_ref().map_or(0, |made| made.within(limits.wait)),
        };
        let lanes = Lane::ALL.map(|lane| Bound::new(most(lane).max(1)));
        Gate { lanes, signatures, refusals: Refusals::new(), watch: Arc::new(Watch::new(threads)), wait: limits.wait }
    }

    fn lane(&self, route: Route) -> Lane {
        Lane::of(route, self.signatures.is_some())
    }

    /// A signature was made in so long: what comes next is let in accordingly.
    pub(super) fn signed(&self, took: Duration) {
        if let Some(signatures) = &self.signatures {
            signatures.took(took);
            self.lanes[Lane::Signatures as usize].hold_to(signatures.within(self.wait));
        }
    }

    /// Whether a request to `route` would be turned away now, which has `waited` so long while its connection rested.
    pub(super) fn look(&self, route: Route, waited: Duration) -> Result<(), Refused> {
        if route.weight() == 0 {
            return Ok(());
        }
        let lane = self.lane(route);
        let bound = &self.lanes[lane as usize];
        // The longer a request has waited to be looked at, the more of its time is gone; officers are the last to be sent away.
        let patience = if lane == Lane::Officers { self.wait * 2 } else { self.wait };
        let late = waited + self.watch.behind() > patience;
        if late && (waited > patience || !self.watch.lets_in_late()) {
            return Err(bound.turned_away(Refused::Processor));
        }
        bound.look(route.weight())
    }

    fn is_busy(&self) -> bool {
        self.watch.behind().max(self.watch.last()) > BUSY
    }

    /// No is said to somebody: whose connections should rest, since saying no keeps the processor from better things. Not officers' own;
    /// and not one that has just rested: what it is asked next is fresh.
    pub(super) fn refuses(&self, route: Route, waited: Duration) -> Option<Rest> {
        if route.weight() == 0 {
            return None;
        }
        self.refusals.one_more();
        if !waited.is_zero() || self.lane(route) == Lane::Officers {
            None
        } else if self.is_busy() {
            Some(Rest::Everybody)
        } else if self.refusals.too_many() {
            Some(Rest::ResidentsAlone)
        } else {
            None
        }
    }

    /// A place for a request to `route`, or why there is none.
    pub(super) fn enter(&self, route: Route) -> Result<Place<'_>, Refused> {
        let bound = &self.lanes[self.lane(route) as usize];
        bound.enter(route.weight(), self.wait)
    }

    /// The bounds, for the metrics.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (Lane, &Bound)> {
        Lane::ALL.into_iter().map(|lane| (lane, &self.lanes[lane as usize]))
    }

    /// By how much the processor is behind, where it is furthest behind.
    pub(super) fn behind(&self) -> Duration {
        self.watch.furthest_behind()
    }

    /// Watches these threads, for as long as the tasks live.
    ///
    /// # Errors
    /// When there can be no thread or no socket for it.
    pub(crate) fn keep_watch(&self, threads: &[Handle]) -> std::io::Result<JoinSet<()>> {
        Watch::keep(&self.watch, self.wait, threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It did not wait.
    const NOW: Duration = Duration::ZERO;

    fn gate(in_flight: usize, writes_in_flight: usize) -> Gate {
        Gate::new(&Limits { in_flight, writes_in_flight, ..Limits::default() }, 0, 2)
    }

    #[test]
    fn as_many_ask_for_signatures_as_are_made_in_time() {
        let wait = Duration::from_millis(100);
        let gate = Gate::new(&Limits { writes_in_flight: 7, wait, ..Limits::default() }, 2, 1);
        for _ in 0..100 {
            gate.signed(Duration::from_millis(4));
        }
        // Two signers make 50 of 4 ms in 100 ms.
        let places: Vec<_> = std::iter::from_fn(|| gate.enter(Route::Issue).ok()).take(1_000).collect();
        assert_eq!(places.len(), 50);
        assert_eq!(gate.look(Route::Issue, NOW), Err(Refused::Queue), "before anything is written");
        assert_eq!(gate.look(Route::Register, NOW), Ok(()), "who wants no signature waits for none");
        assert_eq!(gate.look(Route::Verify, NOW), Ok(()));
    }

    #[test]
    fn places_are_given_back() {
        let gate = gate(4, 1);
        let write = gate.enter(Route::Issue);
        assert!(write.is_ok(), "one write");
        assert!(gate.enter(Route::Cancel).is_err() && gate.look(Route::CheckIn, NOW).is_err(), "and no second");
        let checks = [(); 4].map(|()| gate.enter(Route::Verify));
        assert!(checks.iter().all(Result::is_ok) && gate.enter(Route::Verify).is_err(), "four officers");
        assert!(gate.enter(Route::Show).is_ok(), "each lane has its own places");
        assert!(gate.look(Route::Metrics, NOW).is_ok() && gate.enter(Route::Metrics).is_ok(), "always");
        drop(checks);
        assert!(gate.enter(Route::Verify).is_ok());
        assert!(gate.enter(Route::RegisterBatch).is_err(), "too heavy beside others");
        drop(write);
        assert!(gate.enter(Route::RegisterBatch).is_ok(), "alone, even the heaviest gets in");
        let told: Vec<_> = gate.bounds().map(|(_, bound)| (bound.taken(), bound.refused(Refused::Queue))).collect();
        assert_eq!(told, [(0, 1), (0, 0), (0, 3), (0, 0)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_late_gives_way_to_officers() {
        let gate = gate(4, 4);
        assert_eq!(gate.behind(), Duration::ZERO);
        assert_eq!(gate.watch.call(0), Some(0));
        tokio::time::advance(Duration::from_millis(90)).await;
        assert_eq!(gate.look(Route::Issue, NOW), Ok(()));
        let waited = |ms| gate.look(Route::Issue, Duration::from_millis(ms));
        assert_eq!((waited(10), waited(11)), (Ok(()), Ok(())), "after a calm a few may come late");
        assert_eq!(waited(101), Err(Refused::Processor), "but not who waited so long before it was read");
        tokio::time::advance(Duration::from_millis(20)).await;
        // Called again before it has come: it counts from the first call.
        assert_eq!(gate.watch.call(0), Some(1));
        for _ in 1..watch::LET_IN_LATE {
            assert_eq!(gate.look(Route::Issue, NOW), Ok(()), "no more than came while the machine paused");
        }
        assert_eq!(gate.look(Route::Issue, NOW), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Show, NOW), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Verify, NOW), Ok(()));
        tokio::time::advance(Duration::from_millis(100)).await;
        assert_eq!(gate.look(Route::Verify, NOW), Err(Refused::Processor));
        assert_eq!(gate.look(Route::Health, NOW), Ok(()));
        watch::be_thread(1);
        assert_eq!(gate.look(Route::Issue, NOW), Ok(()), "another thread may have nothing to do");
        assert_eq!(gate.behind(), Duration::from_millis(210), "the one that is furthest behind is told of");
        watch::be_thread(0);
        gate.watch.comes(0, 0);
        assert_eq!(gate.behind(), Duration::from_millis(100), "who came after the first call waits still");
        assert_eq!(gate.look(Route::Verify, NOW), Ok(()));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(gate.look(Route::Issue, NOW), Err(Refused::Processor), "late again: it is no pause");
        gate.watch.comes(0, 1);
        assert_eq!((waited(100), waited(101)), (Ok(()), Err(Refused::Processor)));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_wait_when_too_many_are_refused_rests() {
        let gate = gate(4, 1);
        assert_eq!(gate.refuses(Route::Issue, NOW), None, "now and then is nothing");
        let rests: Vec<_> = (0..2_000).map(|_| gate.refuses(Route::Issue, NOW)).collect();
        assert_eq!(rests.first(), Some(&None));
        assert_eq!(rests.last(), Some(&Some(Rest::ResidentsAlone)));
        assert_eq!(gate.look(Route::Issue, NOW), Ok(()), "there is room for who comes in time");
        assert_eq!(gate.watch.call(0), Some(0));
        tokio::time::advance(2 * BUSY).await;
        assert_eq!(gate.refuses(Route::Issue, NOW), Some(Rest::Everybody), "the processor is behind");
        assert_eq!(gate.refuses(Route::Verify, NOW), None, "officers do not rest");
        assert_eq!(gate.refuses(Route::Issue, Duration::from_millis(1)), None, "who has just rested asks afresh");
        gate.watch.comes(0, 0);
        assert_eq!(gate.watch.call(0), Some(0));
        gate.watch.comes(0, 0);
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(gate.refuses(Route::Issue, NOW), None, "all is over");
    }
}
