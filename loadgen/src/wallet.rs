//! What residents hold: tokens, passes, codes; and the bad passes that somebody will show.

use std::collections::HashMap;

use passes::Purpose;

use crate::phones::Phones;
use crate::random::run_name;
use crate::schedule::People;

/// What the residents of a run hold. It grows with residents, never with requests.
#[derive(Debug)]
pub struct Wallet {
    pub(crate) pockets: Vec<Pocket>,
    pub(crate) dealing: Dealing,
    pub(crate) bad: BadPasses,
    pub(crate) residents: u32,
    pub(crate) holders: u32,
    pub(crate) patients: u32,
    /// Whether the target's passes can be shown once only.
    pub(crate) single_use: bool,
    /// Residents' phones, where the target's scheme has phones compute.
    pub(crate) phones: Option<Phones>,
    /// Passes asked for in turn so far, over all runs with this wallet.
    pub(crate) issued: u64,
    /// Runs so far; keeps the idempotency keys of one apart from those of the next.
    pub(crate) runs: u32,
    pub(crate) name: String,
}

/// Codes that permit nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct BadPasses {
    /// Genuine, and their time is over.
    pub(crate) expired: Vec<String>,
    /// Well formed, and never issued by this target.
    pub(crate) unknown: Vec<String>,
    /// Genuine, and shown before.
    pub(crate) replayed: Vec<String>,
}

/// Who of all residents belongs to this generator, and to which of its sending threads: whoever it is keeps to one of them, so that a
/// resident's journey stays together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dealing {
    /// Which of the generators that share a schedule this is, from 0.
    pub(crate) shard: u32,
    /// How many generators share the schedule.
    pub(crate) shards: u32,
    /// Sending threads of this generator.
    pub(crate) lanes: u32,
}

impl Dealing {
    /// Whether `resident` belongs to this generator.
    pub(crate) const fn is_ours(self, resident: u32) -> bool {
        resident % self.shards == self.shard
    }

    /// The sending thread of a resident of ours.
    pub(crate) const fn lane(self, resident: u32) -> u32 {
        resident / self.shards % self.lanes
    }

    /// Where on that thread the resident's things are.
    pub(crate) const fn place(self, resident: u32) -> usize {
        (resident / self.shards / self.lanes) as usize
    }
}

impl Wallet {
    /// A wallet of nobody, for `threads` sending threads.
    pub fn new(threads: usize) -> Self {
        Wallet::of_shard(threads, Shard::WHOLE)
    }

    /// A wallet of nobody, for a generator that plays a part of a schedule by `threads` sending threads.
    pub fn of_shard(threads: usize, Shard { index, of }: Shard) -> Self {
        let threads = threads.max(1);
        Wallet {
            pockets: (0..threads).map(|_| Pocket::default()).collect(),
            dealing: Dealing { shard: index, shards: of, lanes: threads as u32 },
            bad: BadPasses::default(),
            residents: 0,
            holders: 0,
            patients: 0,
            single_use: false,
            phones: None,
            issued: 0,
            runs: 0,
            name: run_name(),
        }
    }

    /// How many residents there are; newcomers get their token in the run.
    pub fn residents(&self) -> u32 {
        self.residents
    }

    pub(crate) fn people(&self) -> People {
        let &Wallet { residents, holders, patients, issued, single_use, .. } = self;
        People { residents, holders, patients, issued, single_use }
    }

    /// Gives `resident`, one of ours, this `token`.
    #[cfg(test)]
    pub(crate) fn set_token(&mut self, resident: u32, token: &str) {
        let place = self.dealing.place(resident);
        self.pocket_mut(resident).tokens.set(place, token);
        self.residents = self.residents.max(resident + 1);
    }

    /// The code that `resident`, one of ours, holds for `purpose`.
    pub(crate) fn code(&self, resident: u32, purpose: Purpose) -> Option<&str> {
        self.pocket(resident).held(self.dealing.place(resident), purpose).map(|(_, code)| code)
    }

    /// Any code that somebody holds.
    pub(crate) fn any_code(&self) -> Option<&str> {
        self.pockets.iter().find_map(Pocket::any_code)
    }

    /// All codes that somebody holds.
    pub(crate) fn codes(&self) -> Vec<String> {
        self.pockets.iter().flat_map(Pocket::codes).map(str::to_owned).collect()
    }

    fn pocket(&self, resident: u32) -> &Pocket {
        &self.pockets[self.dealing.lane(resident) as usize]
    }

    pub(crate) fn pocket_mut(&mut self, resident: u32) -> &mut Pocket {
        &mut self.pockets[self.dealing.lane(resident) as usize]
    }
}

/// Which part of a schedule a generator plays: of `of` parts the one with the number `index`, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 0; below `of`.
    pub index: u32,
    /// Of how many; at least 1.
    pub of: u32,
}

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { index: 0, of: 1 };
}

/// What the residents of one sending thread hold; a resident's place follows from the [`Dealing`].
#[derive(Debug, Default)]
pub(crate) struct Pocket {
    pub(crate) tokens: Texts,
    /// Where in the texts the pass of a resident for a purpose is.
    slots: HashMap<(u32, Purpose), u32>,
    codes: Texts,
    passes: Texts,
}

impl Pocket {
    /// The name and the code of the pass that the resident at `place` holds for `purpose`.
    pub(crate) fn held(&self, place: usize, purpose: Purpose) -> Option<(&str, &str)> {
        let slot = *self.slots.get(&(place as u32, purpose))? as usize;
        Some((self.passes.get(slot)?, self.codes.get(slot)?))
    }

    /// The resident at `place` holds this pass for `purpose` from now on.
    pub(crate) fn keep(&mut self, place: usize, purpose: Purpose, pass: &str, code: &str) {
        let next = self.slots.len() as u32;
        let slot = *self.slots.entry((place as u32, purpose)).or_insert(next) as usize;
        self.passes.set(slot, pass);
        self.codes.set(slot, code);
    }

    /// The resident at `place` holds no pass for `purpose` from now on.
    pub(crate) fn give_up(&mut self, place: usize, purpose: Purpose) {
        if let Some(slot) = self.slots.get(&(place as u32, purpose)) {
            self.passes.set(*slot as usize, "");
            self.codes.set(*slot as usize, "");
        }
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        (0..self.slots.len()).filter_map(|slot| self.codes.get(slot))
    }

    fn any_code(&self) -> Option<&str> {
        self.codes().next()
    }
}

/// Short texts of nearly equal length in one block of memory, by number. A resident costs the length of the longest, not an
/// allocation of its own.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Of each place: two bytes of length, then room for the longest text so far.
    bytes: Vec<u8>,
    stride: usize,
}

const LENGTH_BYTES: usize = 2;
/// No identifier, token or code of any scheme is longer; whatever is longer does not fit a QR code anyway.
pub(crate) const LONGEST_TEXT: usize = 4_096;

impl Texts {
    /// The text at `place`, if there is one.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let slot = self.bytes.get(place * self.stride..)?.get(..self.stride)?;
        let (length, text) = slot.split_first_chunk::<LENGTH_BYTES>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        std::str::from_utf8(&text[..length]).ok().filter(|text| !text.is_empty())
    }

    /// Puts `text` at `place`; an empty text takes away what was there.
    pub(crate) fn set(&mut self, place: usize, text: &str) {
        debug_assert!(text.len() <= LONGEST_TEXT);
        if text.len() + LENGTH_BYTES > self.stride {
            self.widen(text.len() + LENGTH_BYTES);
        }
        let start = place * self.stride;
        if self.bytes.len() < start + self.stride {
            self.bytes.resize(start + self.stride, 0);
        }
        let slot = &mut self.bytes[start..start + self.stride];
        slot[..LENGTH_BYTES].copy_from_slice(&(text.len() as u16).to_le_bytes());
        slot[LENGTH_BYTES..LENGTH_BYTES + text.len()].copy_from_slice(text.as_bytes());
    }

    /// Lays the texts out anew. Happens a few times in a wallet's life: the texts of one target have one length, give or take.
    fn widen(&mut self, stride: usize) {
        let old = self.stride.max(1);
        let mut bytes = vec![0; self.bytes.len() / old * stride];
        for (from, to) in self.bytes.chunks_exact(old).zip(bytes.chunks_exact_mut(stride)) {
            to[..from.len()].copy_from_slice(from);
        }
        (self.bytes, self.stride) = (bytes, stride);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn texts_are_a_map(steps in prop::collection::vec((0..40_usize, "[a-z]{0,12}"), 0..80)) {
            let (mut texts, mut map) = (Texts::default(), HashMap::new());
            for (place, text) in &steps {
                texts.set(*place, text);
                map.insert(*place, text.as_str());
            }
            for place in 0..41 {
                let there = map.get(&place).copied().filter(|text| !text.is_empty());
                prop_assert_eq!(texts.get(place), there);
            }
        }
    }

    #[test]
    fn residents_are_dealt_to_generators_and_their_threads_in_turn() {
        let mut seen = std::collections::BTreeSet::new();
        for shard in 0..3 {
            let dealing = Dealing { shard, shards: 3, lanes: 2 };
            for resident in (0..60).filter(|resident| dealing.is_ours(*resident)) {
                assert!(seen.insert((shard, dealing.lane(resident), dealing.place(resident))), "two at one place");
                assert!(dealing.place(resident) < 10, "no room is left free");
            }
        }
        assert_eq!(seen.len(), 60);
    }

    #[test]
    fn passes_are_kept_by_purpose() {
        let mut wallet = Wallet::new(2);
        wallet.set_token(2, "c");
        assert_eq!((wallet.residents(), wallet.pockets[0].tokens.get(1)), (3, Some("c")));
        wallet.pocket_mut(2).keep(1, Purpose::Pet, "P", "CODE");
        assert_eq!((wallet.code(2, Purpose::Pet), wallet.code(2, Purpose::Work)), (Some("CODE"), None));
        assert_eq!((wallet.any_code(), wallet.codes()), (Some("CODE"), vec!["CODE".to_owned()]));
        wallet.pocket_mut(2).give_up(1, Purpose::Pet);
        assert_eq!((wallet.code(2, Purpose::Pet), wallet.any_code()), (None, None));
    }
}
