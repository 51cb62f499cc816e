//! Which code an officer shows: mostly the resident's own, sometimes a bad one.

use crate::LoadSettings;
use crate::random::{Draw, below, keyed, unit};
use crate::wallet::BadPasses;

/// Chooses what is shown, from the number of the request and the seed alone.
#[derive(Clone, Copy)]
pub(crate) struct Showing<'a> {
    seed: u64,
    /// Upper ends of the shares, one behind the other.
    expired: f64,
    forged: f64,
    unknown: f64,
    replayed: f64,
    bad: &'a BadPasses,
    /// Whether a pass shown a second time is still valid.
    replays_hold: bool,
}

/// What is shown at one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// The code that the resident holds; it permits the trip.
    Own,
    /// The resident's code with one character altered.
    Forged {
        /// Where to alter it, as random bits.
        place: u64,
    },
    /// This code, prepared beforehand.
    Listed {
        /// What is shown.
        code: &'a str,
        /// The verdict that it deserves.
        valid: bool,
    },
}

impl<'a> Showing<'a> {
    pub(crate) fn new(settings: &LoadSettings, seed: u64, bad: &'a BadPasses, single_use: bool) -> Self {
        let expired = settings.expired_share.get();
        let forged = expired + settings.forged_share.get();
        let unknown = forged + settings.unknown_share.get();
        let replayed = unknown + settings.replayed_share.get();
        Showing { seed, expired, forged, unknown, replayed, bad, replays_hold: !single_use }
    }

    pub(crate) fn choose(&self, index: u64) -> Shown<'a> {
        let place = unit(keyed(self.seed, Draw::PassShown, index));
        let bits = keyed(self.seed, Draw::BadPass, index);
        let one_of = |codes: &'a [String], valid| match codes {
            // Nothing was prepared, as for a server that would not issue.
            [] => Shown::Own,
            codes => Shown::Listed { code: &codes[below(bits, codes.len() as u64) as usize], valid },
        };
        if place < self.expired {
            one_of(&self.bad.expired, false)
        } else if place < self.forged {
            Shown::Forged { place: bits }
        } else if place < self.unknown {
            one_of(&self.bad.unknown, false)
        } else if place < self.replayed {
            one_of(&self.bad.replayed, self.replays_hold)
        } else {
            Shown::Own
        }
    }
}

/// Writes `code` into `out` with one character altered, chosen by `place`. A digit is in the alphabet of every scheme.
pub(crate) fn forge(code: &str, place: u64, out: &mut String) {
    out.clear();
    let altered = below(place, code.chars().count().max(1) as u64) as usize;
    out.extend(code.chars().enumerate().map(|(index, character)| match (index == altered, character) {
        (false, character) => character,
        (true, '0') => '1',
        (true, _) => '0',
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::Share;
    use proptest::prelude::*;

    #[test]
    fn shares_are_kept() {
        let settings = LoadSettings {
            expired_share: Share::of(0.1),
            forged_share: Share::of(0.2),
            replayed_share: Share::of(0.1),
            ..LoadSettings::default()
        };
        let bad =
            BadPasses { expired: vec!["old".into()], unknown: vec!["never".into()], replayed: vec!["again".into()] };
        let showing = Showing::new(&settings, 3, &bad, true);
        let shown: Vec<Shown<'_>> = (0..10_000).map(|index| showing.choose(index)).collect();
        let count = |wanted: fn(&Shown<'_>) -> bool| shown.iter().filter(|shown| wanted(shown)).count();
        // Four standard deviations of a binomial count at most.
        assert!(count(|shown| *shown == Shown::Listed { code: "old", valid: false }).abs_diff(1_000) < 120);
        assert!(count(|shown| matches!(shown, Shown::Forged { .. })).abs_diff(2_000) < 160);
        assert!(count(|shown| *shown == Shown::Listed { code: "never", valid: false }).abs_diff(200) < 57);
        assert!(count(|shown| *shown == Shown::Listed { code: "again", valid: false }).abs_diff(1_000) < 120);
        let lasting = Showing::new(&settings, 3, &bad, false);
        assert!((0..1_000).any(|index| lasting.choose(index) == Shown::Listed { code: "again", valid: true }));
    }

    proptest! {
        #[test]
        fn a_forged_code_differs_in_one_character(code in "[0-9A-Z:$%]{1,60}", place: u64) {
            let mut forged = String::new();
            forge(&code, place, &mut forged);
            prop_assert_eq!(forged.chars().zip(code.chars()).filter(|(a, b)| a != b).count(), 1);
            prop_assert_eq!(forged.len(), code.len());
        }
    }
}
