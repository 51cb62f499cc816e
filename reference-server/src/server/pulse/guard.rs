//! The guard of a connection: compares what has passed through it once a tick, and says who is too slow.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Pulse;
use crate::config::Pace;
use crate::http::CutOff;

/// Who does not take even so many bytes a second of an answer that waits for them is not reading.
const LEAST_TAKEN_PER_S: u64 = 1_000;
/// With many connections open, one that does nothing is closed after so long: longer than any rests.
const IDLE_WHEN_SCARCE: Duration = Duration::from_secs(3);
/// Longest time between two looks.
const LONGEST_TICK: Duration = Duration::from_secs(1);

/// What a look at a pulse tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Beat {
    /// Go on.
    Alive,
    /// Nothing was asked for long: end it with good manners.
    Idle,
    /// Too slow: end it at once.
    CutOff(CutOff),
}

/// Looks at one pulse, tick by tick.
#[derive(Debug)]
pub(in crate::server) struct Guard {
    pace: Pace,
    tick: Duration,
    begun: u64,
    sent: u64,
    /// Bytes received when the connection was last seen at rest; more than these belong to the head of a request.
    at_rest: u64,
    resting: Duration,
    in_head: Duration,
    blocked: Duration,
}

impl Guard {
    pub(in crate::server) fn new(pace: Pace) -> Self {
        let shortest = pace.head.min(pace.idle).min(pace.send);
        let tick = (shortest / 4).clamp(Duration::from_millis(1), LONGEST_TICK);
        let [resting, in_head, blocked] = [Duration::ZERO; 3];
        Guard { pace, tick, begun: 0, sent: 0, at_rest: 0, resting, in_head, blocked }
    }

    /// Time between two looks: times are kept to this precision.
    pub(in crate::server) fn tick(&self) -> Duration {
        self.tick
    }

    /// One tick has passed. `scarce`: others wait for a place.
    pub(in crate::server) fn look(&mut self, pulse: &Pulse, scarce: bool) -> Beat {
        let [received, sent, begun, ended] =
            [&pulse.received, &pulse.sent, &pulse.begun, &pulse.ended].map(|count| count.load(Ordering::Relaxed));
        let taken = sent - self.sent;
        self.sent = sent;
        let enough = LEAST_TAKEN_PER_S * self.tick.as_millis() as u64 / 1_000;
        if pulse.waits.load(Ordering::Relaxed) && taken <= enough {
            self.blocked += self.tick;
        } else {
            self.blocked = Duration::ZERO;
        }
        let active = begun != self.begun || begun != ended;
        if active {
            (self.begun, self.at_rest) = (begun, received);
            (self.resting, self.in_head) = (Duration::ZERO, Duration::ZERO);
        } else {
            self.resting += self.tick;
            // The first head is due at once; later ones may be long in coming, but not in arriving.
            let arriving = received > self.at_rest && !pulse.frames.load(Ordering::Relaxed);
            if arriving || begun == 0 {
                self.in_head += self.tick;
            }
        }
        self.judge(scarce)
    }

    fn judge(&self, scarce: bool) -> Beat {
        let idle = if scarce { self.pace.idle.min(IDLE_WHEN_SCARCE) } else { self.pace.idle };
        if self.blocked >= self.pace.send {
            Beat::CutOff(CutOff::SlowReader)
        } else if self.in_head >= self.pace.head {
            Beat::CutOff(CutOff::SlowHead)
        } else if self.resting >= idle + self.pace.head {
            // It was asked to end and did not.
            Beat::CutOff(CutOff::Idle)
        } else if self.resting >= idle {
            Beat::Idle
        } else {
            Beat::Alive
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    const PACE: Pace =
        Pace { head: Duration::from_secs(10), idle: Duration::from_secs(60), send: Duration::from_secs(5) };

    fn add(count: &AtomicU64, more: u64) {
        count.fetch_add(more, Ordering::Relaxed);
    }

    /// The first beat that is not alive, and after how many ticks, while `happens` happens between looks.
    fn ends(pulse: &Pulse, scarce: bool, happens: impl Fn(&Pulse)) -> Option<(usize, Beat)> {
        let mut guard = Guard::new(PACE);
        let mut beats = (1..=100).map(|tick| {
            happens(pulse);
            (tick, guard.look(pulse, scarce))
        });
        beats.find(|(_, beat)| *beat != Beat::Alive)
    }

    fn asked_once() -> Pulse {
        let pulse = Pulse::default();
        [&pulse.received, &pulse.sent].into_iter().for_each(|count| add(count, 200));
        [&pulse.begun, &pulse.ended].into_iter().for_each(|count| add(count, 1));
        pulse
    }

    #[test]
    fn who_says_nothing_or_too_little_is_cut_off() {
        let slow = |tick| Some((tick, Beat::CutOff(CutOff::SlowHead)));
        assert_eq!(ends(&Pulse::default(), false, |_| ()), slow(10), "nothing at all");
        assert_eq!(ends(&Pulse::default(), false, |pulse| add(&pulse.received, 1)), slow(10), "a byte a second");
        let trickle = ends(&asked_once(), false, |pulse| add(&pulse.received, 1));
        assert_eq!(trickle, slow(11), "a byte a second, after a first request");
    }

    #[test]
    fn who_keeps_a_connection_for_later_may_do_so_for_a_while() {
        assert_eq!(ends(&asked_once(), false, |_| ()), Some((61, Beat::Idle)));
        assert_eq!(ends(&asked_once(), true, |_| ()), Some((4, Beat::Idle)), "not while others wait for a place");
        let asks =
            |pulse: &Pulse| [&pulse.received, &pulse.begun, &pulse.ended].into_iter().for_each(|count| add(count, 1));
        assert_eq!(ends(&asked_once(), true, asks), None, "who asks is not idle");
        let at_work = asked_once();
        add(&at_work.begun, 1);
        assert_eq!(ends(&at_work, true, |_| ()), None, "who waits for an answer is not idle");
    }

    #[test]
    fn frames_are_no_head() {
        let pulse = asked_once();
        pulse.frames.store(true, Ordering::Relaxed);
        assert_eq!(ends(&pulse, false, |pulse| add(&pulse.received, 17)), Some((61, Beat::Idle)));
    }

    #[test]
    fn who_does_not_take_the_answer_is_cut_off() {
        let waiting = || {
            let pulse = asked_once();
            add(&pulse.begun, 1);
            pulse.waits.store(true, Ordering::Relaxed);
            pulse
        };
        let cut_off = Beat::CutOff(CutOff::SlowReader);
        assert_eq!(ends(&waiting(), false, |_| ()).map(|(_, beat)| beat), Some(cut_off));
        assert_eq!(ends(&waiting(), false, |pulse| add(&pulse.sent, 500)).map(|(_, beat)| beat), Some(cut_off));
        assert_eq!(ends(&waiting(), false, |pulse| add(&pulse.sent, 2_000)), None);
    }
}
