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
    bad: &'a BadPasses,
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
    /// This code, which permits nothing.
    Bad(&'a str),
}

impl<'a> Showing<'a> {
    pub(crate) fn new(settings: &LoadSettings, seed: u64, bad: &'a BadPasses) -> Self {
        let expired = settings.expired_share.get();
        let forged = expired + settings.forged_share.get();
        Showing { seed, expired, forged, unknown: forged + settings.unknown_share.get(), bad }
    }

    pub(crate) fn choose(&self, index: u64) -> Shown<'a> {
        let place = unit(keyed(self.seed, Draw::PassShown, index));
        let bits = keyed(self.seed, Draw::BadPass, index);
        let one_of = |codes: &'a [String]| match codes {
            // Nothing was prepared, as for a server that would not issue.
            [] => Shown::Own,
            codes => Shown::Bad(&codes[below(bits, codes.len() as u64) as usize]),
        };
        if place < self.expired {
            one_of(&self.bad.expired)
        } else if place < self.forged {
            Shown::Forged { place: bits }
        } else if place < self.unknown {
            one_of(&self.bad.unknown)
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
    use passes::{Check, Grant, PassId, Purpose, SchemeKind, Share, Window};
    use proptest::prelude::*;

    #[test]
    fn shares_are_kept() {
        let settings =
            LoadSettings { expired_share: Share::of(0.1), forged_share: Share::of(0.2), ..LoadSettings::default() };
        let bad = BadPasses { expired: vec!["old".into()], unknown: vec!["never".into()] };
        let showing = Showing::new(&settings, 3, &bad);
        let shown: Vec<Shown<'_>> = (0..10_000).map(|index| showing.choose(index)).collect();
        let count = |wanted: fn(&Shown<'_>) -> bool| shown.iter().filter(|shown| wanted(shown)).count();
        // Four standard deviations of a binomial count at most.
        assert!(count(|shown| *shown == Shown::Bad("old")).abs_diff(1_000) < 120);
        assert!(count(|shown| matches!(shown, Shown::Forged { .. })).abs_diff(2_000) < 160);
        assert!(count(|shown| *shown == Shown::Bad("never")).abs_diff(200) < 57);
    }

    proptest! {
        #[test]
        fn a_forged_code_is_never_genuine(place: u64, random: [u8; 16], seed: [u8; 32]) {
            let window = Window { from_s: 0, until_s: 100 };
            let grant = Grant { pass: PassId::from_bytes(random), purpose: Purpose::Pet, window };
            for kind in SchemeKind::ALL {
                let scheme = kind.build(&seed);
                let mut forged = String::new();
                forge(&scheme.issuer.code(&grant), place, &mut forged);
                prop_assert!(matches!(scheme.verifier.check(&forged, 50), Check::Invalid(_)), "{forged}");
            }
        }
    }
}
