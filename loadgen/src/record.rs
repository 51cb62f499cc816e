//! What one sending thread writes down.

use std::collections::VecDeque;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2Serializer};

use crate::kind::Outcome;
use crate::{Kind, Measure};

/// Three significant digits: a value read from a histogram is within 0.1 % of the one recorded.
const DIGITS: u8 = 3;
/// The longest time that is told apart, in nanoseconds: an hour. Whatever is longer counts as an hour.
const LONGEST_NS: u64 = 3_600_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;
const KINDS: usize = Kind::ALL.len();
const MEASURES: usize = Measure::ALL.len();

/// Times in nanoseconds.
pub(crate) type Times = Histogram<u64>;

/// An empty histogram of times.
pub(crate) fn times<T: hdrhistogram::Counter>() -> Histogram<T> {
    // These bounds are sound; the constructor only fails for others.
    #[expect(clippy::unwrap_used, reason = "constant bounds")]
    Histogram::new_with_bounds(1, LONGEST_NS, DIGITS).unwrap()
}

fn times_of_a_second() -> Histogram<u32> {
    times()
}

/// How many requests came to what.
///
/// `asked = sent + without_pass + dropped`, and `sent = answered + failed + timed_out + abandoned`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came due.
    pub asked: u64,
    /// Were given to a connection.
    pub sent: u64,
    /// Were answered in full: right, refused, overloaded or wrong.
    pub answered: u64,
    /// Were answered with what they must be.
    pub right: u64,
    /// Were declined with a 4xx status other than 429.
    pub refused: u64,
    /// Were answered 503 or 429.
    pub overloaded: u64,
    /// Were answered with a wrong verdict, an unexpected status or unreadable content.
    pub wrong: u64,
    /// Lost their connection, or got none.
    pub failed: u64,
    /// Had no answer in time.
    pub timed_out: u64,
    /// Were never sent: the backlog was full, or the run was over before a connection was free.
    pub dropped: u64,
    /// Could not be asked because the resident held no token or pass at that instant; nothing was sent.
    pub without_pass: u64,
    /// Were sent and not waited for because the run was stopped.
    pub abandoned: u64,
}

impl Counts {
    /// So many requests, all answered rightly.
    #[cfg(test)]
    pub(crate) const fn all_right(requests: u64) -> Self {
        Counts {
            asked: requests,
            sent: requests,
            answered: requests,
            right: requests,
            refused: 0,
            overloaded: 0,
            wrong: 0,
            failed: 0,
            timed_out: 0,
            dropped: 0,
            without_pass: 0,
            abandoned: 0,
        }
    }

    fn settle(&mut self, outcome: Outcome) {
        self.answered += u64::from(outcome.answered());
        *match outcome {
            Outcome::Right => &mut self.right,
            Outcome::Refused => &mut self.refused,
            Outcome::Overloaded => &mut self.overloaded,
            Outcome::Wrong => &mut self.wrong,
            Outcome::Failed => &mut self.failed,
            Outcome::TimedOut => &mut self.timed_out,
        } += 1;
    }

    pub(crate) fn add(&mut self, other: &Counts) {
        for (mine, theirs) in self.all_mut().into_iter().zip(other.clone().all_mut()) {
            *mine += *theirs;
        }
    }

    fn all_mut(&mut self) -> [&mut u64; 12] {
        let Counts { asked, sent, answered, right, refused, overloaded, .. } = self;
        let Counts { wrong, failed, timed_out, dropped, without_pass, abandoned, .. } = self;
        [asked, sent, answered, right, refused, overloaded, wrong, failed, timed_out, dropped, without_pass, abandoned]
    }
}

/// One second of one kind, put away.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
    pub(crate) second: u32,
    pub(crate) kind: Kind,
    pub(crate) counts: Counts,
    /// The times of each measure as an HdrHistogram in V2 encoding; empty when there were none.
    pub(crate) times: [Vec<u8>; MEASURES],
}

/// A second of which not every request is settled yet.
struct Open {
    second: u32,
    unsettled: u64,
    counts: [Counts; KINDS],
    times: [[Option<Histogram<u32>>; MEASURES]; KINDS],
}

/// The times of one kind of request, by measure.
#[derive(Clone, Debug)]
pub(crate) struct KindTimes([Times; MEASURES]);

impl KindTimes {
    pub(crate) fn new() -> Self {
        KindTimes(std::array::from_fn(|_| times()))
    }

    pub(crate) fn of(&self, measure: Measure) -> &Times {
        &self.0[measure as usize]
    }

    pub(crate) fn of_mut(&mut self, measure: Measure) -> &mut Times {
        &mut self.0[measure as usize]
    }
}

/// What happened between the end of the warm-up and the end of asking, whenever it was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) asked: u64,
    pub(crate) answered: u64,
    /// Answered rightly within the objective's limit.
    pub(crate) good: u64,
}

/// Which part of a run is measured, by intended instant, in nanoseconds from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) from_ns: u64,
    pub(crate) until_ns: u64,
    /// The objective's limit of the response time, by kind.
    pub(crate) limits_ns: [u64; KINDS],
}

/// The book of one sending thread. Its memory depends on the length of the run in seconds (some 100 bytes to a few kB each), not on
/// the number of requests. Times go into the second of their intended instant; the whole run's are the sum of its seconds.
pub(crate) struct Recorder {
    measured: Measured,
    pub(crate) counts: [Counts; KINDS],
    pub(crate) times: [Option<Box<KindTimes>>; KINDS],
    /// How late the thread itself took each request up.
    pub(crate) pacing_lag: Times,
    pub(crate) flow: Flow,
    pub(crate) packed: Vec<Packed>,
    open: VecDeque<Open>,
    spare: Vec<Histogram<u32>>,
    serializer: V2Serializer,
}

impl Recorder {
    pub(crate) fn new(measured: Measured) -> Self {
        Recorder {
            measured,
            counts: Default::default(),
            times: Default::default(),
            pacing_lag: times(),
            flow: Flow::default(),
            packed: Vec::new(),
            open: VecDeque::new(),
            spare: Vec::new(),
            serializer: V2Serializer::new(),
        }
    }

    /// A request came due at `at_ns` and was taken up at `now_ns`.
    pub(crate) fn asked(&mut self, kind: Kind, at_ns: u64, now_ns: u64) {
        if at_ns < self.measured.from_ns {
            return;
        }
        self.flow.asked += 1;
        self.pacing_lag.saturating_record(now_ns.saturating_sub(at_ns).max(1));
        self.count(kind, at_ns, |counts| counts.asked += 1);
        self.second(at_ns).unsettled += 1;
    }

    /// It was given to a connection.
    pub(crate) fn launched(&mut self, kind: Kind, at_ns: u64) {
        if at_ns >= self.measured.from_ns {
            self.count(kind, at_ns, |counts| counts.sent += 1);
        }
    }

    /// It was taken up at `taken_ns` and went out at `now_ns`.
    pub(crate) fn sent(&mut self, kind: Kind, at_ns: u64, taken_ns: u64, now_ns: u64) {
        if at_ns >= self.measured.from_ns {
            self.time(kind, at_ns, Measure::SendLag, now_ns.saturating_sub(at_ns).max(1));
            self.time(kind, at_ns, Measure::ConnectionWait, now_ns.saturating_sub(taken_ns));
        }
    }

    /// It was never sent, and `count` says why.
    pub(crate) fn unsent(&mut self, kind: Kind, at_ns: u64, count: fn(&mut Counts)) {
        if at_ns >= self.measured.from_ns {
            self.count(kind, at_ns, count);
            self.second(at_ns).unsettled -= 1;
        }
    }

    /// It went out at `sent_ns`, if its connection was ever ready, and was settled at `now_ns`. A time-out enters the times with the
    /// time that was waited; a lost connection does not, it has no answer and waited for none.
    pub(crate) fn settled(&mut self, kind: Kind, at_ns: u64, sent_ns: Option<u64>, now_ns: u64, outcome: Outcome) {
        let response_ns = now_ns.saturating_sub(at_ns).max(1);
        if outcome.answered() && (self.measured.from_ns..self.measured.until_ns).contains(&now_ns) {
            self.flow.answered += 1;
            self.flow.good +=
                u64::from(outcome == Outcome::Right && response_ns <= self.measured.limits_ns[kind as usize]);
        }
        if at_ns < self.measured.from_ns {
            return;
        }
        self.count(kind, at_ns, |counts| counts.settle(outcome));
        if outcome != Outcome::Failed {
            self.time(kind, at_ns, Measure::ResponseTime, response_ns);
            if let Some(sent_ns) = sent_ns {
                self.time(kind, at_ns, Measure::ServiceTime, now_ns.saturating_sub(sent_ns).max(1));
            }
        }
        self.second(at_ns).unsettled -= 1;
    }

    /// Puts away the seconds that are over by `now_ns` and wholly settled.
    pub(crate) fn put_away(&mut self, now_ns: u64) {
        let done = |open: &Open| open.unsettled == 0 && u64::from(open.second + 1) * SECOND_NS <= now_ns;
        while self.open.front().is_some_and(done) {
            self.pack_first();
        }
    }

    /// Puts away everything at the end of the run.
    pub(crate) fn finish(&mut self) {
        while !self.open.is_empty() {
            self.pack_first();
        }
    }

    fn pack_first(&mut self) {
        let Some(open) = self.open.pop_front() else { return };
        for ((kind, counts), times) in Kind::ALL.into_iter().zip(open.counts).zip(open.times) {
            if counts == Counts::default() {
                continue;
            }
            let mut encoded: [Vec<u8>; MEASURES] = Default::default();
            for ((measure, times), encoded) in Measure::ALL.into_iter().zip(times).zip(&mut encoded) {
                if let Some(times) = times {
                    self.pack(kind, measure, times, encoded);
                }
            }
            self.packed.push(Packed { second: open.second, kind, counts, times: encoded });
        }
    }

    fn pack(&mut self, kind: Kind, measure: Measure, mut times: Histogram<u32>, encoded: &mut Vec<u8>) {
        // Writing to a vector cannot fail, and our histograms are far below the format's size limit.
        let _ = self.serializer.serialize(&times, encoded);
        let whole = self.times[kind as usize].get_or_insert_with(|| Box::new(KindTimes::new())).of_mut(measure);
        for value in times.iter_recorded() {
            whole.saturating_record_n(value.value_iterated_to(), u64::from(value.count_at_value()));
        }
        times.reset();
        self.spare.push(times);
    }

    fn count(&mut self, kind: Kind, at_ns: u64, change: impl Fn(&mut Counts)) {
        change(&mut self.counts[kind as usize]);
        change(&mut self.second(at_ns).counts[kind as usize]);
    }

    fn time(&mut self, kind: Kind, at_ns: u64, measure: Measure, ns: u64) {
        let place = self.place(at_ns);
        let spare = &mut self.spare;
        let times = &mut self.open[place].times[kind as usize][measure as usize];
        times.get_or_insert_with(|| spare.pop().unwrap_or_else(times_of_a_second)).saturating_record(ns);
    }

    fn second(&mut self, at_ns: u64) -> &mut Open {
        let place = self.place(at_ns);
        &mut self.open[place]
    }

    /// Where the second of `at_ns` stands among the open ones. A second is put away only when all that came due in it is settled,
    /// so whatever still changes is there; instants come in order, so a new second is the last.
    fn place(&mut self, at_ns: u64) -> usize {
        let second = (at_ns / SECOND_NS) as u32;
        let first = self.open.front().map_or(second, |open| open.second);
        let place = second.saturating_sub(first) as usize;
        while self.open.len() <= place {
            let second = first + self.open.len() as u32;
            let (counts, times) = Default::default();
            self.open.push_back(Open { second, unsettled: 0, counts, times });
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEASURED: Measured = Measured { from_ns: SECOND_NS, until_ns: 10 * SECOND_NS, limits_ns: [5_000_000; KINDS] };

    #[test]
    fn the_warm_up_is_left_out_by_intended_instant() {
        let mut recorder = Recorder::new(MEASURED);
        for at_ns in [SECOND_NS - 1, SECOND_NS] {
            recorder.asked(Kind::Issue, at_ns, at_ns + 10);
            recorder.launched(Kind::Issue, at_ns);
            recorder.sent(Kind::Issue, at_ns, at_ns + 10, at_ns + 20);
            recorder.settled(Kind::Issue, at_ns, Some(at_ns + 20), at_ns + 1_000_020, Outcome::Right);
        }
        recorder.finish();
        let counts = recorder.counts[Kind::Issue as usize];
        assert_eq!((counts.asked, counts.sent, counts.answered, counts.right), (1, 1, 1, 1));
        let times = recorder.times[Kind::Issue as usize].as_ref().unwrap();
        let longest = |measure| times.of(measure).max();
        assert_eq!((times.of(Measure::ResponseTime).len(), recorder.pacing_lag.max()), (1, 10));
        assert_eq!((longest(Measure::SendLag), longest(Measure::ConnectionWait)), (20, 10));
        assert!((1_000_000..1_001_000).contains(&longest(Measure::ServiceTime)));
        // Both answers came in the measured time, so both are throughput.
        assert_eq!(recorder.flow, Flow { asked: 1, answered: 2, good: 2 });
    }

    #[test]
    fn a_second_is_put_away_when_all_of_it_is_settled() {
        let mut recorder = Recorder::new(Measured { from_ns: 0, ..MEASURED });
        recorder.asked(Kind::Verify, 5, 5);
        recorder.launched(Kind::Verify, 5);
        recorder.sent(Kind::Verify, 5, 5, 5);
        recorder.asked(Kind::Verify, 2 * SECOND_NS, 2 * SECOND_NS);
        recorder.put_away(3 * SECOND_NS);
        assert!(recorder.packed.is_empty(), "the first request is still out");
        recorder.settled(Kind::Verify, 5, Some(5), 3 * SECOND_NS, Outcome::TimedOut);
        recorder.put_away(3 * SECOND_NS);
        assert_eq!(recorder.packed.len(), 1);
        recorder.unsent(Kind::Verify, 2 * SECOND_NS, |counts| counts.dropped += 1);
        recorder.finish();
        let seconds: Vec<u32> = recorder.packed.iter().map(|packed| packed.second).collect();
        assert_eq!(seconds, [0, 2]);
        assert_eq!(recorder.packed[1].counts, Counts { asked: 1, dropped: 1, ..Counts::default() });
        assert_eq!(recorder.spare.len(), 4, "histograms are used again");
    }
}
