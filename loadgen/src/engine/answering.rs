//! Answers come in, or do not.

use super::{BURST, Engine};
use crate::connection::{Arrival, Flight};
use crate::doors::Door;
use crate::kind::Outcome;
use crate::poller::Readiness;
use crate::random::{Draw, keyed, unit};
use crate::schedule::Ask;

impl Engine<'_> {
    pub(super) fn handle(&mut self, ready: Readiness) {
        let (place, generation) = (ready.key as u32, (ready.key >> 32) as u32);
        let connection = self.pool.at(place);
        if connection.generation != generation || !connection.is_open() {
            return;
        }
        let Some(flight) = connection.flight else {
            if ready.readable && !connection.is_still_good() {
                self.pool.forget_idle(place);
            }
            return;
        };
        if ready.writable && self.flush(place).is_err() {
            return self.settle(place, Outcome::Failed, false);
        }
        if !ready.readable {
            return;
        }
        match self.pool.at(place).receive() {
            // A TLS session may have been opened by what came, and takes the request now.
            Arrival::Partial if flight.sent_ns.is_none() => {
                if self.flush(place).is_err() {
                    self.settle(place, Outcome::Failed, false);
                }
            }
            Arrival::Partial => {}
            Arrival::Lost => self.settle(place, Outcome::Failed, false),
            Arrival::Unreadable => self.settle(place, Outcome::Wrong, false),
            Arrival::Answer { status, body, keep } => {
                let outcome = self.lane.journeys.receive(&flight.ask, flight.valid, status, body);
                self.settle(place, outcome, keep && self.holds_on(&flight.ask));
            }
        }
    }

    /// Whether whoever asked keeps the connection for the next request.
    fn holds_on(&self, ask: &Ask) -> bool {
        self.lane
            .life
            .of(ask.kind)
            .is_none_or(|mean| unit(keyed(self.lane.seed, Draw::Closing, ask.index)) >= 1.0 / mean)
    }

    /// The request at `place` came to `outcome`; the next one may go out from there.
    pub(super) fn settle(&mut self, place: u32, outcome: Outcome, keep: bool) {
        self.look();
        let connection = self.pool.at(place);
        let door = connection.door;
        if !keep {
            connection.close();
        }
        let Some(Flight { ask, sent_ns, .. }) = connection.flight.take() else { return };
        self.out -= 1;
        self.lane.journeys.settled(&ask);
        self.tallied.answered += u64::from(outcome.answered());
        self.tallied.failed += u64::from(outcome != Outcome::Right);
        self.recorder.settled(ask.kind, ask.at_ns, sent_ns, self.clock_ns, outcome);
        self.pool.give_back(place, self.habit(ask.kind));
        // One settled request frees one place. A launch that fails at once settles again, hence no loop here.
        if outcome != Outcome::Failed {
            self.send_waiting(door);
        }
    }

    /// Sends the first that waits for a place at `door`; whether one waited and there was a place for it.
    fn send_waiting(&mut self, door: Door) -> bool {
        let Some(ask) = self.backlogs[door as usize].first().copied() else { return false };
        let Some(place) = self.pool.take(door, self.habit(ask.kind)) else { return false };
        self.backlogs[door as usize].pop();
        // When it was taken up is not kept: all of its time until now counts as waiting for a connection.
        self.launch(place, ask, ask.at_ns);
        true
    }

    /// Gives up what has waited too long, and sends what waits while there is room.
    pub(super) fn expire(&mut self) {
        while let Some(deadline) = self.deadlines.front() {
            let connection = self.pool.at(deadline.place);
            let settled = connection.flight.is_none() || connection.flights != deadline.flights;
            if !settled && deadline.at_ns > self.clock_ns {
                break;
            }
            let place = deadline.place;
            self.deadlines.pop_front();
            if !settled {
                self.settle(place, Outcome::TimedOut, false);
            }
        }
        for door in Door::ALL {
            for _ in 0..BURST {
                if !self.send_waiting(door) {
                    break;
                }
            }
        }
    }
}
