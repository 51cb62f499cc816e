//! Gates on the way: who passes one, and where each queue stands.

use jiff::civil::DateTime;
use passes::{Purpose, PurposeSet};

use crate::Place;
use crate::draw::{Chance, scale};
use crate::officers::Officers;
use crate::quantiles::Quantiles;
use crate::settings::Gate;
use crate::uptake::Ms;
use crate::world::World;

/// Nobody stands longer before an officer than this: an hour.
const LONGEST_MS: u32 = 3_600_000;

/// Gates of one kind: which trips pass one, and how long an officer takes.
#[derive(Clone, Debug)]
pub(crate) struct GateRules {
    from_ms: Ms,
    until_ms: Ms,
    purposes: PurposeSet,
    passes: Chance,
    least_m: u32,
    pub(crate) checked: Chance,
    pub(crate) manual_ms: Quantiles,
    pub(crate) officers: u32,
    pub(crate) turns_back: bool,
    /// The first gate of each place among all of this kind, and one past the last.
    firsts: Vec<u32>,
}

impl GateRules {
    /// `ms` tells the instant of a local time.
    pub(crate) fn new(gate: &Gate, places: &[Place], ms: impl Fn(DateTime) -> Ms) -> Self {
        let mut firsts = vec![0];
        for place in places {
            let gates = (f64::from(place.residents) * gate.per_100k / 100_000.0).round() as u32;
            firsts.push(firsts[firsts.len() - 1] + gates.max(1));
        }
        GateRules {
            from_ms: ms(gate.from),
            until_ms: ms(gate.until),
            purposes: if gate.purposes.is_empty() {
                PurposeSet::all()
            } else {
                gate.purposes.iter().copied().collect()
            },
            passes: gate.trip_share.into(),
            least_m: (gate.least_km * 1_000.0) as u32,
            checked: gate.checked_share.into(),
            manual_ms: Quantiles::exponential(gate.manual_s * 1_000.0, 0..=LONGEST_MS),
            officers: gate.officers,
            turns_back: gate.turns_back,
            firsts,
        }
    }

    pub(crate) fn is_manned_at(&self, at_ms: Ms) -> bool {
        (self.from_ms..self.until_ms).contains(&at_ms)
    }

    pub(crate) fn is_manned_between(&self, from_ms: Ms, until_ms: Ms) -> bool {
        self.from_ms < until_ms && from_ms < self.until_ms
    }

    /// Whether a trip for `purpose` to a place so far from home passes a gate, if the random number `word` says so.
    pub(crate) fn is_passed(&self, purpose: Purpose, distance_m: u32, word: u32) -> bool {
        self.purposes.contains(purpose) && distance_m >= self.least_m && self.passes.holds(word)
    }

    /// The gate of `place`, among all of this kind, that the random number `word` falls on.
    fn of(&self, place: u16, word: u32) -> usize {
        let (first, end) = (self.firsts[usize::from(place)], self.firsts[usize::from(place) + 1]);
        (first + scale(word, end - first)) as usize
    }
}

/// The queues of all gates of all kinds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queues {
    kinds: Vec<Vec<Officers>>,
}

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QueueId {
    pub(crate) kind: u16,
    index: u32,
}

impl Queues {
    pub(crate) fn new(world: &World<'_>) -> Self {
        let kinds = world.gates.iter().map(|gate| {
            let count = gate.firsts.last().copied().unwrap_or(0) as usize;
            vec![Officers::new(gate.officers); count]
        });
        Queues { kinds: kinds.collect() }
    }

    /// The queue at which someone from `place` comes at `at_ms`, on a trip for `purpose` to a destination so far from home. `words` has
    /// the random numbers of the trip at gates of each kind: whether it passes one, and which of the place.
    pub(crate) fn choose(
        world: &World<'_>,
        at_ms: Ms,
        (place, purpose, distance_m): (u16, Purpose, u32),
        words: impl Fn(u32) -> [u32; 4],
    ) -> Option<QueueId> {
        (0..).zip(&world.gates).find_map(|(kind, gate)| {
            let [passes, which, ..] = words(kind);
            let fits = gate.is_manned_at(at_ms) && gate.is_passed(purpose, distance_m, passes);
            fits.then(|| QueueId { kind: kind as u16, index: gate.of(place, which) as u32 })
        })
    }

    pub(crate) fn at(&mut self, id: QueueId) -> &mut Officers {
        &mut self.kinds[usize::from(id.kind)][id.index as usize]
    }

    /// A day is over, and whoever waited was taken: all officers are free again.
    pub(crate) fn close(&mut self, world: &World<'_>) {
        for (officers, gate) in self.kinds.iter_mut().zip(&world.gates) {
            officers.iter_mut().for_each(|officers| officers.close(gate.officers));
        }
    }
}
