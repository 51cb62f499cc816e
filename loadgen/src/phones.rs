//! What phones compute under the scheme `blind`, kept off the sending path.
//!
//! Blinding a token costs half a millisecond of processor time, and opening the answer a tenth (`docs/schemes.md`): time that a
//! sending thread does not have at an intended instant. So each sending thread has two helpers. One walks the same schedule ahead of it
//! and blinds what its residents will ask to have signed; a run begins when so much is ready. The other opens the
//! answers. Both give way to whoever else wants a core, and their processor time is told apart from that of sending.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, atomic::AtomicBool, atomic::Ordering};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, SystemTime};

use passes::{Asking, Key, PublicKey, Purpose, SchemeKind};

use crate::schedule::{Ask, Schedule};
use crate::wallet::Pocket;
use crate::{Kind, Warning, system};

/// Blinded tokens that are kept ready, over all threads: the requests of ten seconds at 2,000/s. One takes about a kilobyte.
const AHEAD: usize = 20_000;

/// What the phones of a target's residents know: the keys that it publishes, and what its clock shows.
#[derive(Clone, Debug)]
pub(crate) struct Phones {
    keys: Arc<[Key]>,
    /// The target's clock minus ours, in seconds.
    clock_ahead_s: i64,
}

impl Phones {
    /// Phones for a target that publishes `keys` and whose clock shows `now_s`; none when it does not sign blindly.
    pub(crate) fn new(keys: Vec<Key>, now_s: i64) -> Option<Self> {
        let blind = keys.iter().any(|key| matches!(key.public, PublicKey::BlindRsa { .. }));
        blind.then(|| Phones { keys: keys.into(), clock_ahead_s: now_s - our_clock_s() })
    }

    /// Gets ready to ask for a pass for `purpose` at `at_ns` from now; none where no key is published for that.
    fn ask(&self, purpose: Purpose, at_ns: u64, secret: [u8; 32]) -> Option<Asking> {
        let at_s = our_clock_s() + self.clock_ahead_s + (at_ns / 1_000_000_000) as i64;
        SchemeKind::Blind.ask(&self.keys, purpose, at_s, secret).ok()
    }
}

fn our_clock_s() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs() as i64)
}

/// A token that is blinded and waits for its request.
pub(crate) struct Ready {
    /// The number of the request.
    index: u64,
    pub(crate) blinded: String,
    asking: Asking,
}

/// Whose turn it is, and what is ready for it: nothing where no key is published for what is asked.
struct Turn {
    index: u64,
    ready: Option<Ready>,
}

/// Who asked for what.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Wish {
    place: usize,
    purpose: Purpose,
}

/// An answer to be opened.
struct Sealed {
    wish: Wish,
    pass: String,
    signature: String,
    asking: Asking,
}

/// An answer that was opened; without a code, the signature was none.
struct Opened {
    wish: Wish,
    pass: String,
    code: Option<String>,
}

/// What phones computed in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Computed {
    /// Tokens blinded, those included that were not needed.
    pub(crate) blinded: u64,
    /// Answers opened.
    pub(crate) opened: u64,
    /// Of them, those whose signature was none.
    pub(crate) forged: u64,
    pub(crate) cpu: Duration,
}

impl Computed {
    pub(crate) fn add(&mut self, other: &Computed) {
        let Computed { blinded, opened, forged, cpu } = *other;
        self.blinded += blinded;
        self.opened += opened;
        self.forged += forged;
        self.cpu += cpu;
    }

    /// What a reader must know of it.
    pub(crate) fn told(self) -> Option<Warning> {
        let Computed { blinded, opened, cpu, .. } = self;
        (blinded > 0).then_some(Warning::PhonesComputed { blinded, opened, cpu_s: cpu.as_secs_f64() })
    }
}

/// The phones of one sending thread's residents, as that thread sees them: nothing here takes long.
pub(crate) struct Hand {
    /// Whether to wait for a token that is not ready: in a closed loop, where nothing is due.
    patient: bool,
    turns: Receiver<Turn>,
    /// Taken out already, for a request that is still to come.
    next: Option<Turn>,
    /// Of requests that are out.
    asked: HashMap<u64, Asking>,
    answers: Sender<Sealed>,
    opened: Receiver<Opened>,
    /// Whose answers are being opened.
    awaited: HashSet<Wish>,
}

impl Hand {
    /// The blinded token for the request with this number, if it is ready. Requests come in order; those that are never made are
    /// passed over.
    pub(crate) fn take(&mut self, index: u64) -> Option<Ready> {
        loop {
            let turn = match self.next.take() {
                Some(turn) => turn,
                None if self.patient => self.turns.recv().ok()?,
                None => self.turns.try_recv().ok()?,
            };
            match turn.index.cmp(&index) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return turn.ready,
                std::cmp::Ordering::Greater => {
                    self.next = Some(turn);
                    return None;
                }
            }
        }
    }

    /// The request of `ready` is out.
    pub(crate) fn sent(&mut self, ready: Ready) {
        self.asked.insert(ready.index, ready.asking);
    }

    /// The request with this number came to nothing.
    pub(crate) fn forget(&mut self, index: u64) {
        self.asked.remove(&index);
    }

    /// `signature` came in answer to the request `ask` of the resident at `place`, for the pass of this name.
    pub(crate) fn open(&mut self, ask: &Ask, place: usize, pass: &str, signature: &str) {
        let Some(asking) = self.asked.remove(&ask.index) else { return };
        let wish = Wish { place, purpose: ask.purpose };
        self.awaited.insert(wish);
        // Whoever opens them lives as long as we do.
        let _ = self.answers.send(Sealed { wish, pass: pass.to_owned(), signature: signature.to_owned(), asking });
    }

    /// Puts into `pocket` what was opened meanwhile.
    pub(crate) fn collect(&mut self, pocket: &mut Pocket) {
        if !self.awaited.is_empty() {
            while let Ok(opened) = self.opened.try_recv() {
                self.awaited.remove(&opened.wish);
                keep(opened, pocket);
            }
        }
    }

    /// Waits until all is opened, and puts it into `pocket`.
    pub(crate) fn collect_all(self, pocket: &mut Pocket) {
        let Hand { answers, opened, .. } = self;
        drop(answers);
        opened.iter().for_each(|opened| keep(opened, pocket));
    }
}

fn keep(Opened { wish, pass, code }: Opened, pocket: &mut Pocket) {
    if let Some(code) = code {
        pocket.keep(wish.place, wish.purpose, &pass, &code);
    }
}

/// The helpers of one sending thread.
pub(crate) struct Helpers<'scope> {
    blinding: ScopedJoinHandle<'scope, Computed>,
    opening: ScopedJoinHandle<'scope, Computed>,
}

impl Helpers<'_> {
    /// What they computed; to be asked when the sending thread has ended.
    pub(crate) fn computed(self) -> Computed {
        let mut computed = Computed::default();
        for helper in [self.blinding, self.opening] {
            match helper.join() {
                Ok(part) => computed.add(&part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        computed
    }
}

/// What the helpers of one sending thread are told.
pub(crate) struct Task<'a> {
    pub(crate) phones: &'a Phones,
    /// How many sending threads share the tokens that are kept ready.
    pub(crate) lanes: usize,
    /// Whether the sending thread waits for a token that is not ready.
    pub(crate) patient: bool,
    /// Random, and different in each run and for each sending thread.
    pub(crate) secret: [u8; 24],
    pub(crate) stop: &'a AtomicBool,
    /// Let go of as soon as enough is ready.
    pub(crate) getting_ready: Sender<()>,
}

/// Starts the helpers of a sending thread whose schedule `schedule` makes once more.
pub(crate) fn help<'scope, 'env, 'a: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    task: Task<'a>,
    schedule: impl FnOnce() -> Schedule<'a> + Send + 'scope,
) -> (Hand, Helpers<'scope>) {
    let (turns_out, turns) = sync_channel((AHEAD / task.lanes).max(1));
    let (answers, sealed) = channel();
    let (opened_out, opened) = channel();
    let patient = task.patient;
    let blinding = scope.spawn(move || blind(task, schedule(), &turns_out));
    let opening = scope.spawn(move || open(&sealed, &opened_out));
    let (asked, awaited) = (HashMap::new(), HashSet::new());
    (Hand { patient, turns, next: None, asked, answers, opened, awaited }, Helpers { blinding, opening })
}

fn blind(task: Task<'_>, schedule: Schedule<'_>, turns: &SyncSender<Turn>) -> Computed {
    system::give_way();
    let Task { phones, secret, stop, getting_ready, .. } = task;
    let (mut getting_ready, mut blinded) = (Some(getting_ready), 0);
    // A closed loop's schedule has no end: whoever looks for an issue in one that has none never comes back.
    let asks = if schedule.may_ask(Kind::Issue) { Some(schedule) } else { None };
    for ask in asks.into_iter().flatten() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if ask.kind != Kind::Issue {
            continue;
        }
        let secret = std::array::from_fn(|place| match place.checked_sub(24) {
            None => secret[place],
            Some(place) => ask.index.to_le_bytes()[place],
        });
        // A purpose or day without a key: nothing can be asked, and the request counts as one that could not be made. It has its turn
        // all the same: of a closed loop, which has no end, there may be nothing else.
        let asking = phones.ask(ask.purpose, ask.at_ns, secret);
        blinded += u64::from(asking.is_some());
        let ready =
            asking.map(|asking| Ready { index: ask.index, blinded: asking.blinded().unwrap_or_default(), asking });
        match turns.try_send(Turn { index: ask.index, ready }) {
            Ok(()) => {}
            Err(TrySendError::Full(turn)) => {
                getting_ready = None;
                if turns.send(turn).is_err() {
                    break;
                }
            }
            Err(TrySendError::Disconnected(_)) => break,
        }
    }
    drop(getting_ready);
    Computed { blinded, cpu: system::thread_cpu_time(), ..Computed::default() }
}

fn open(sealed: &Receiver<Sealed>, out: &Sender<Opened>) -> Computed {
    system::give_way();
    let mut computed = Computed::default();
    for Sealed { wish, pass, signature, asking } in sealed {
        let code = asking.unblind(&signature).ok();
        computed.opened += 1;
        computed.forged += u64::from(code.is_none());
        let _ = out.send(Opened { wish, pass, code });
    }
    Computed { cpu: system::thread_cpu_time(), ..computed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mix;
    use crate::schedule::{Mixed, People, Source};
    use crate::wallet::Dealing;

    #[test]
    fn what_no_key_signs_has_its_turn_and_a_schedule_without_end_is_left() {
        let phones = Phones { keys: Arc::new([]), clock_ahead_s: 0 };
        let (mix, stop) = (Mix::only(Kind::Issue), AtomicBool::new(false));
        let people = People { residents: 10, holders: 0, patients: 0, issued: 0, single_use: true };
        let endless = || {
            let mixed = Mixed::new(&mix, people, 1, Vec::new(), u64::MAX);
            Schedule::new(Source::Mixed(mixed), Dealing { shard: 0, shards: 1, lanes: 1 }, 0)
        };
        let (getting_ready, ready) = channel();
        let computed = std::thread::scope(|scope| {
            let task = Task { phones: &phones, lanes: 1, patient: true, secret: [7; 24], stop: &stop, getting_ready };
            let (mut hand, helpers) = help(scope, task, endless);
            assert!(ready.recv().is_err(), "it is ready though there is nothing to be ready");
            for ask in endless().take(100) {
                assert!(hand.take(ask.index).is_none());
            }
            drop(hand);
            helpers.computed()
        });
        assert_eq!((computed.blinded, computed.opened), (0, 0));
    }
}
