//! The requests of a plan in order, as one sending thread sees them.

use passes::Purpose;

use crate::arrival::ArrivalProcess;
use crate::plan::TraceAsk;
use crate::random::{Draw, below, keyed, unit};
use crate::wallet::Dealing;
use crate::{Kind, Mix};

/// One request to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// The intended instant, in nanoseconds from the start of the run.
    pub(crate) at_ns: u64,
    /// The number of the request in the whole schedule; makes its idempotency key.
    pub(crate) index: u64,
    pub(crate) kind: Kind,
    pub(crate) resident: u32,
    pub(crate) purpose: Purpose,
    /// How long the pass shall hold; none: as long as the policy allows.
    pub(crate) duration_s: Option<u32>,
}

/// A request to be made in preparation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand {
    pub(crate) kind: Kind,
    pub(crate) resident: u32,
    pub(crate) purpose: Purpose,
    pub(crate) duration_s: Option<u32>,
}

/// Who there is to ask, as the wallet tells at the start of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct People {
    /// Residents with a token.
    pub(crate) residents: u32,
    /// The first so many of them hold a pass.
    pub(crate) holders: u32,
    /// The next so many answer prompts at home and ask for nothing else.
    pub(crate) patients: u32,
    /// Passes asked for in earlier runs: quotas demand that turns go on, not start again.
    pub(crate) issued: u64,
    /// Whether a pass can be shown once only, so that each check needs another holder.
    pub(crate) single_use: bool,
}

/// Where requests come from.
pub(crate) enum Source<'a> {
    /// A mix; without arrivals (closed loop) every instant is 0.
    Mixed(Mixed<'a>),
    /// A window of a trace: what is asked, and when.
    Trace(&'a [TraceAsk], Box<dyn ArrivalProcess>),
    /// A list of requests of preparation, each so long after the one before.
    Errands {
        /// The requests.
        errands: &'a [Errand],
        /// Nanoseconds; 0 for as soon as can be.
        gap_ns: u64,
    },
}

/// The part of a schedule that belongs to one thread: the requests of the residents who are dealt to it, so that a resident's journey
/// stays there. Every thread walks the whole schedule (some 20 ns a request), so the schedule does not depend on the number of
/// threads or generators.
pub(crate) struct Schedule<'a> {
    source: Source<'a>,
    index: u64,
    dealing: Dealing,
    lane: u32,
}

impl<'a> Schedule<'a> {
    pub(crate) fn new(source: Source<'a>, dealing: Dealing, lane: u32) -> Self {
        Schedule { source, index: 0, dealing, lane }
    }

    /// Whether it may ask for `kind`. Of a closed loop the mix says it for certain.
    pub(crate) fn may_ask(&self, kind: Kind) -> bool {
        match &self.source {
            Source::Mixed(mixed) => !mixed.feeds.is_empty() || mixed.mix.share(kind) > 0.0,
            Source::Trace(..) | Source::Errands { .. } => true,
        }
    }

    fn next_of_all(&mut self) -> Option<Ask> {
        let index = self.index;
        self.index += 1;
        match &mut self.source {
            Source::Mixed(mixed) => mixed.ask(index),
            Source::Trace(asks, arrivals) => {
                let (TraceAsk { kind, resident, purpose }, at_ns) = (*asks.get(index as usize)?, arrivals.next_ns()?);
                Some(Ask { at_ns, index, kind, resident, purpose, duration_s: None })
            }
            Source::Errands { errands, gap_ns } => errands.get(index as usize).map(|errand| Ask {
                at_ns: index * *gap_ns,
                index,
                kind: errand.kind,
                resident: errand.resident,
                purpose: errand.purpose,
                duration_s: errand.duration_s,
            }),
        }
    }
}

impl Iterator for Schedule<'_> {
    type Item = Ask;

    fn next(&mut self) -> Option<Ask> {
        loop {
            let ask = self.next_of_all()?;
            if self.dealing.is_ours(ask.resident) && self.dealing.lane(ask.resident) == self.lane {
                return Some(ask);
            }
        }
    }
}

/// One arrival process among those that make up a schedule.
pub(crate) struct Feed {
    arrivals: Box<dyn ArrivalProcess>,
    next_ns: Option<u64>,
    /// What is asked; none: whatever the mix says.
    kind: Option<Kind>,
}

impl Feed {
    pub(crate) fn new(mut arrivals: Box<dyn ArrivalProcess>, kind: Option<Kind>) -> Self {
        let next_ns = arrivals.next_ns();
        Feed { arrivals, next_ns, kind }
    }

    /// The next instant, which is thereby used up, and what is asked then.
    fn take(&mut self) -> Option<(u64, Option<Kind>)> {
        let at_ns = self.next_ns?;
        self.next_ns = self.arrivals.next_ns();
        Some((at_ns, self.kind))
    }
}

/// An endless mix of requests, cut off at the end of the run.
pub(crate) struct Mixed<'a> {
    mix: &'a Mix,
    people: People,
    seed: u64,
    /// None in a closed loop.
    feeds: Vec<Feed>,
    until_ns: u64,
    issues: u64,
    cancels: u64,
    verifies: u64,
}

impl<'a> Mixed<'a> {
    pub(crate) fn new(mix: &'a Mix, people: People, seed: u64, feeds: Vec<Feed>, until_ns: u64) -> Self {
        Mixed { mix, people, seed, feeds, until_ns, issues: 0, cancels: 0, verifies: 0 }
    }

    /// The earliest of what the feeds have next; of several at one instant the first feed's.
    fn due(&mut self) -> Option<(u64, Option<Kind>)> {
        if self.feeds.is_empty() {
            return Some((0, None));
        }
        let earliest = self.feeds.iter_mut().filter(|feed| feed.next_ns.is_some()).min_by_key(|feed| feed.next_ns)?;
        earliest.take()
    }

    fn ask(&mut self, index: u64) -> Option<Ask> {
        let (at_ns, kind) = self.due()?;
        if at_ns >= self.until_ns {
            return None;
        }
        let kind = kind.unwrap_or_else(|| self.mix.kind_at(unit(keyed(self.seed, Draw::Kind, index))));
        let resident = match kind {
            Kind::Issue => {
                let before = self.people.issued + self.issues;
                self.issues += 1;
                self.asker(self.mix.issues_per_resident.map_or(before, |most| before / u64::from(most)))
            }
            // Passes are given back in the order they were issued; whoever has none yet is counted, not sent.
            Kind::Cancel => {
                let before = self
                    .mix
                    .issues_per_resident
                    .map_or(self.people.issued, |most| self.people.issued / u64::from(most));
                self.cancels += 1;
                self.asker(before + self.cancels - 1)
            }
            Kind::Verify if self.people.single_use => {
                self.verifies += 1;
                ((self.verifies - 1) % u64::from(self.people.holders.max(1))) as u32
            }
            Kind::Verify => self.one_of(self.people.holders, index),
            Kind::CheckIn => self.people.holders + self.one_of(self.people.patients, index),
            // Nobody of the wallet: newcomers come once.
            Kind::Get | Kind::Register => self.people.residents.saturating_add(index as u32),
        };
        Some(Ask { at_ns, index, kind, resident, purpose: self.mix.purpose, duration_s: None })
    }

    /// One of `people`, drawn for the request with this number.
    fn one_of(&self, people: u32, index: u64) -> u32 {
        below(keyed(self.seed, Draw::Resident, index), u64::from(people)) as u32
    }

    /// Whose turn it is, of those who hold no pass from the start and go out.
    fn asker(&self, turn: u64) -> u32 {
        let People { residents, holders, patients, .. } = self.people;
        let first = holders + patients;
        first + (turn % u64::from((residents - first).max(1))) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arrivals;

    const PEOPLE: People = People { residents: 50, holders: 20, patients: 0, issued: 29, single_use: false };

    fn dealing(lanes: u32) -> Dealing {
        Dealing { shard: 0, shards: 1, lanes }
    }

    fn schedule(mix: &Mix, lane: u32, lanes: u32) -> Vec<Ask> {
        let arrivals = Arrivals::Poisson { rate_per_s: 1_000.0 }.build(5);
        let mixed = Mixed::new(mix, PEOPLE, 5, vec![Feed::new(arrivals, None)], 1_000_000_000);
        Schedule::new(Source::Mixed(mixed), dealing(lanes), lane).collect()
    }

    #[test]
    fn threads_share_one_schedule() {
        let mix = Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 1.0), (Kind::Register, 0.5)]);
        let whole = schedule(&mix, 0, 1);
        let mut parts: Vec<Ask> = (0..3).flat_map(|lane| schedule(&mix, lane, 3)).collect();
        parts.sort_by_key(|ask| ask.index);
        assert_eq!(whole, parts);
        assert!(whole.is_sorted_by_key(|ask| ask.at_ns));
    }

    #[test]
    fn patients_stand_between_holders_and_askers() {
        let mix = Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 1.0), (Kind::CheckIn, 1.0)]);
        let arrivals = Arrivals::Constant { rate_per_s: 1_000.0 }.build(5);
        let people = People { patients: 10, issued: 0, ..PEOPLE };
        let mixed = Mixed::new(&mix, people, 5, vec![Feed::new(arrivals, None)], 1_000_000_000);
        for ask in Schedule::new(Source::Mixed(mixed), dealing(1), 0) {
            let of_kind = match ask.kind {
                Kind::Verify => 0..20,
                Kind::CheckIn => 20..30,
                _ => 30..50,
            };
            assert!(of_kind.contains(&ask.resident), "{ask:?}");
        }
    }

    #[test]
    fn several_processes_make_one_schedule() {
        let feed = |kind, rate_per_s| Feed::new(Arrivals::Constant { rate_per_s }.build(5), Some(kind));
        let mix = Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 3.0)]);
        let feeds = vec![feed(Kind::Issue, 10.0), feed(Kind::Verify, 30.0)];
        let asks: Vec<Ask> =
            Schedule::new(Source::Mixed(Mixed::new(&mix, PEOPLE, 5, feeds, 1_000_000_000)), dealing(1), 0).collect();
        assert!(asks.is_sorted_by_key(|ask| ask.at_ns) && asks.iter().map(|ask| ask.index).eq(0..40));
        let issues: Vec<u64> = asks.iter().filter(|ask| ask.kind == Kind::Issue).map(|ask| ask.at_ns).collect();
        assert_eq!((issues.len(), issues[3]), (10, 300_000_000), "each at its own rate");
    }

    #[test]
    fn each_check_of_a_single_use_pass_has_a_holder_of_its_own() {
        let mix = Mix::only(Kind::Verify);
        let arrivals = Arrivals::Constant { rate_per_s: 20.0 }.build(5);
        let people = People { single_use: true, ..PEOPLE };
        let mixed = Mixed::new(&mix, people, 5, vec![Feed::new(arrivals, None)], 1_000_000_000);
        let holders: Vec<u32> = Schedule::new(Source::Mixed(mixed), dealing(1), 0).map(|ask| ask.resident).collect();
        assert!(holders.into_iter().eq(0..20));
    }

    #[test]
    fn a_waiting_request_takes_32_bytes() {
        // `load.backlog_max` is documented with it.
        assert_eq!(size_of::<Ask>(), 32);
    }

    #[test]
    fn turns_go_round_and_holders_keep_their_passes() {
        let asks = schedule(&Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 1.0)]), 0, 1);
        let issues: Vec<u32> = asks.iter().filter(|ask| ask.kind == Kind::Issue).map(|ask| ask.resident).collect();
        assert_eq!(issues[..3], [49, 20, 21]);
        assert!(asks.iter().filter(|ask| ask.kind == Kind::Verify).all(|ask| ask.resident < 20));
        let mut mix = Mix::only(Kind::Issue);
        mix.issues_per_resident = Some(2);
        let issues: Vec<u32> = schedule(&mix, 0, 1).iter().map(|ask| ask.resident).collect();
        assert_eq!(issues[..4], [34, 35, 35, 36], "29 passes are gone: fourteen residents had two, one had one");
    }
}
