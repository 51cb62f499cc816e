//! Which random number belongs to whom: streams keyed by (seed, resident or household, day, stage).
//!
//! Every decision has a number of its own, whether or not the decisions before it were taken. So two policies are compared on the
//! same people with the same luck, and a share raised from 10 % to 11 % adds residents without exchanging any.

use passes::Share;
use pulp::{Arch, Simd, WithSimd};

use crate::philox::philox4x32;

/// What a random number decides. The numbers are part of what makes a run reproducible: append, never renumber.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub(crate) enum Stage {
    /// Who lives in a household, and what it has at home on the first morning.
    Household = 1,
    /// What a resident is like.
    Resident = 2,
    /// A household's needs of a day.
    HouseholdNeeds = 3,
    /// A resident's needs of a day.
    ResidentNeeds = 4,
    /// One trip: when, met by officers or not, how long.
    Trip = 5,
    /// How a resident takes to the service.
    Uptake = 7,
    /// When a resident first turns to the service.
    FirstContact = 8,
    /// When a resident asks for a trip's pass, and what becomes of it.
    Asking = 9,
    /// Whether and when a household stocks up.
    StockingUp = 10,
    /// At which moment of a trip officers check the resident.
    Check = 11,
    /// What else a resident is like.
    ResidentMore = 13,
    /// Whether a resident is ill.
    Illness = 14,
    /// When a patient is asked to check in, and answers.
    CheckIn = 15,
    /// What a resident does about a request that failed.
    Retry = 16,
    /// Whether a request is malformed.
    Malformed = 17,
    /// What a household learns from what happened to a member.
    Lesson = 18,
    /// Whether a trip passes a gate, and how it fares there.
    Gate = 19,
    /// When a pass that has ended is asked for anew.
    Renewal = 20,
    /// When bots ask.
    Bots = 21,
    /// What one request meets with.
    Service = 22,
}

/// All random numbers of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams {
    key: [u32; 2],
}

impl Streams {
    /// The numbers of `seed`.
    pub(crate) const fn new(seed: u64) -> Self {
        Streams { key: [seed as u32, (seed >> 32) as u32] }
    }

    /// Four numbers of `who` (a resident or a household, as the stage says) on `day`; `item` tells things of one stage apart.
    #[inline]
    pub(crate) fn block(&self, who: u32, day: u16, stage: Stage, item: u16) -> [u32; 4] {
        philox4x32(Self::counter(who, day, stage, item), self.key)
    }

    /// Four numbers of each of `count` residents or households from `first` on, into `words`.
    pub(crate) fn fill(&self, words: &mut Words, count: usize, first: u32, day: u16, stage: Stage) {
        let counter = |index: usize| Self::counter(first + index as u32, day, stage, 0);
        Arch::new().dispatch(Draw { words: words.room_for(count), key: self.key, counter });
    }

    /// The same for a list of residents and items ([`Streams::entry`]).
    pub(crate) fn fill_items(&self, words: &mut Words, of: &[[u32; 2]], stage: Stage) {
        let counter = |index: usize| [of[index][0], of[index][1], stage as u32, 0];
        Arch::new().dispatch(Draw { words: words.room_for(of.len()), key: self.key, counter });
    }

    /// Four numbers for each of several tries of the same thing, told apart by `number`.
    pub(crate) fn block_of_try(&self, who: u32, day: u16, stage: Stage, item: u16, number: u32) -> [u32; 4] {
        let [who, item] = Self::entry(who, day, item);
        philox4x32([who, item, stage as u32, number], self.key)
    }

    /// What [`Streams::fill_items`] draws for.
    #[inline]
    pub(crate) const fn entry(who: u32, day: u16, item: u16) -> [u32; 2] {
        [who, day as u32 | (item as u32) << 16]
    }

    #[inline]
    fn counter(who: u32, day: u16, stage: Stage, item: u16) -> [u32; 4] {
        let [who, item] = Self::entry(who, day, item);
        [who, item, stage as u32, 0]
    }
}

/// Draws a block for each counter into columns. One plain loop, compiled for several kinds of processors, so that it draws for as many
/// at a time as the one at hand can.
struct Draw<'a, C> {
    words: [&'a mut [u32]; 4],
    key: [u32; 2],
    counter: C,
}

impl<C: Fn(usize) -> [u32; 4]> WithSimd for Draw<'_, C> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let [a, b, c, d] = self.words;
        let words = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
        for (index, ((a, b), (c, d))) in words.enumerate() {
            [*a, *b, *c, *d] = philox4x32((self.counter)(index), self.key);
        }
    }
}

/// Blocks of four numbers each, in columns, so that they are drawn and used several at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    columns: [Vec<u32>; 4],
}

impl Words {
    /// The columns.
    pub(crate) fn columns(&self) -> [&[u32]; 4] {
        self.columns.each_ref().map(Vec::as_slice)
    }

    /// The block at `index`.
    #[inline]
    pub(crate) fn at(&self, index: usize) -> [u32; 4] {
        self.columns.each_ref().map(|column| column[index])
    }

    fn room_for(&mut self, count: usize) -> [&mut [u32]; 4] {
        self.columns.each_mut().map(|column| {
            column.resize(count, 0);
            column.as_mut_slice()
        })
    }
}

/// A share ready to be compared with a random number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The share on half the scale, to which even certainty fits into 32 bits: half a random word is below it as often as it holds.
    pub(crate) const fn half(self) -> u32 {
        (self.0 >> 1) as u32
    }

    /// How many of 65,536 ranks the share holds: those whose number, as the high half of a random number, it [holds](Chance::holds).
    pub(crate) const fn ranks(self) -> u32 {
        self.0.div_ceil(1 << 16) as u32
    }

    /// Whether the share is 0.
    pub(crate) const fn is_never(self) -> bool {
        self.0 == 0
    }

    /// Whether the random number `word` falls within the share. Of two shares the greater also holds all that the smaller holds.
    #[inline]
    pub(crate) const fn holds(self, word: u32) -> bool {
        (word as u64) < self.0
    }

    /// A random number that the share does not hold, stretched from what is beyond the share to the whole scale: a second decision
    /// from the same number.
    #[inline]
    pub(crate) const fn beyond(self, word: u32) -> u32 {
        const SCALE: u64 = 1 << 32;
        let width = SCALE - self.0;
        // Beyond a share of 1 there is nothing.
        let width = if width == 0 { 1 } else { width };
        (((word as u64).saturating_sub(self.0) << 32) / width) as u32
    }

    /// The least random number that the share does not hold and that [`Chance::beyond`] stretches to `word` or more; none when the
    /// share holds them all.
    pub(crate) const fn least_beyond(self, word: u32) -> Option<u32> {
        const SCALE: u64 = 1 << 32;
        let least = self.0 + ((SCALE - self.0) * word as u64).div_ceil(SCALE);
        if least < SCALE { Some(least as u32) } else { None }
    }

    /// A random number that the share holds, stretched to the whole scale.
    #[inline]
    pub(crate) const fn within(self, word: u32) -> u32 {
        self.stretch().of(word)
    }

    /// How to stretch random numbers that the share holds to the whole scale.
    pub(crate) const fn stretch(self) -> Stretch {
        let width = if self.0 == 0 { 1 } else { self.0 };
        let factor = (1_u128 << 64) / width as u128;
        Stretch(if factor > u64::MAX as u128 { u64::MAX } else { factor as u64 })
    }
}

/// A factor that stretches a part of a random word's scale to the whole of it, in 32 binary places: multiplying costs less than to
/// divide by the width of the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch(u64);

impl Stretch {
    /// What a random number within the part becomes. One beyond it becomes anything.
    #[inline]
    pub(crate) const fn of(self, word: u32) -> u32 {
        ((word as u64).wrapping_mul(self.0) >> 32) as u32
    }
}

impl From<Share> for Chance {
    fn from(share: Share) -> Self {
        Chance((share.get() * 4_294_967_296.0) as u64)
    }
}

/// The number of the alternative that `word` falls on, given the alternatives' upper bounds ([`bounds`]).
#[inline]
pub(crate) fn choose(bounds: &[u32], word: u32) -> usize {
    let last = bounds.len() - 1;
    bounds[..last].iter().position(|bound| word < *bound).unwrap_or(last)
}

/// The upper bounds of alternatives with these weights on the scale of a random word. The last one takes what rounding leaves.
pub(crate) fn bounds(weights: &[f64]) -> Vec<u32> {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    weights
        .iter()
        .map(|weight| {
            sum += weight;
            // A cast of a float stops at the greatest word.
            (sum / total * 4_294_967_296.0) as u32
        })
        .collect()
}

/// `word` moved to `0..below`.
#[inline]
pub(crate) const fn scale(word: u32, below: u32) -> u32 {
    ((word as u64 * below as u64) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_a_share_are_exact() {
        assert!(!Chance::from(Share::of(0.0)).holds(0));
        assert!(Chance::from(Share::of(1.0)).holds(u32::MAX));
    }

    #[test]
    fn alternatives_get_their_weights() {
        let bounds = bounds(&[1.0, 0.0, 3.0]);
        assert_eq!([0, 1 << 30, u32::MAX].map(|word| choose(&bounds, word)), [0, 2, 2]);
        assert_eq!(scale(u32::MAX, 7), 6);
    }

    proptest! {
        #[test]
        fn shares_are_nested(a in 0.0..=1.0, b in 0.0..=1.0, word in any::<u32>()) {
            let chance = |share: f64| Chance::from(Share::try_from(share).unwrap());
            prop_assert!(!chance(f64::min(a, b)).holds(word) || chance(f64::max(a, b)).holds(word));
        }

        #[test]
        fn what_is_within_fills_the_scale(share in 1e-6..=1.0, word: u32) {
            let chance = Chance::from(Share::try_from(share).unwrap());
            let last = (chance.0 - 1) as u32;
            let most = f64::from(chance.within(last)) / 4_294_967_296.0;
            // Rounded down twice.
            prop_assert!(chance.within(0) == 0 && most > 1.0 - 1.0 / chance.0 as f64 - 3.0 / 4_294_967_296.0);
            let word = scale(word, last);
            prop_assert!(chance.within(word) <= chance.within(word + 1));
        }

        #[test]
        fn least_beyond_is_where_beyond_begins(share in 0.0..=1.0, word: u32) {
            let chance = Chance::from(Share::try_from(share).unwrap());
            if let Some(least) = chance.least_beyond(word) {
                prop_assert!(!chance.holds(least) && chance.beyond(least) >= word);
                prop_assert!(least == 0 || chance.holds(least - 1) || chance.beyond(least - 1) < word);
            }
        }

        #[test]
        fn stages_and_days_draw_apart(who in any::<u32>(), day in 0..366_u16) {
            let streams = Streams::new(1);
            let block = streams.block(who, day, Stage::Trip, 0);
            prop_assert_ne!(block, streams.block(who, day, Stage::Check, 0));
            prop_assert_ne!(block, streams.block(who, day + 1, Stage::Trip, 0));
            prop_assert_ne!(block, streams.block(who, day, Stage::Trip, 1));
        }
    }
}
