//! Codes for paper and the telephone: 16 characters in four groups.
//!
//! Four characters say when the pass ends, ten lead the centre to it, two are check characters. The ten are 50 bits of the pass's own
//! name, its issue time and some of its random bits, behind a keyed permutation: so nothing has to be kept to find a pass by its spoken
//! code, and a guess finds one as seldom as it would hit a MAC of 50 bits. With a million passes that end within the same five
//! minutes, one guess in a thousand million does; the alphabet has no letters that look or sound like a digit.

use std::fmt;

use crate::PassId;
use crate::code::{self, check_characters};
use crate::id::IdError;
use crate::permutation::Permutation;

/// The end is told to five minutes, rounded up, in 20 bits: they come round after ten years.
const UNIT_S: i64 = 300;
const END_BITS: u32 = 20;
/// How long before that end the pass was issued, in seconds: up to 194 days.
const LAG_BITS: u32 = 24;
/// How many of the random bits of the pass's name follow.
const RANDOM_BITS: u32 = 26;
const KEYED_BITS: u32 = LAG_BITS + RANDOM_BITS;
/// Characters before the two check characters.
const BODY_CHARS: usize = 14;
const CHARS: usize = BODY_CHARS + 2;
const GROUP: usize = 4;

/// A well-formed spoken code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpokenCode {
    end: u32,
    keyed: u64,
}

impl SpokenCode {
    /// Reads a code as it is typed: in capitals or not, with or without blanks and hyphens, O for 0, I and L for 1.
    ///
    /// # Errors
    /// [`IdError`] for a wrong length, alphabet or check characters. One wrong character and two swapped neighbours are always found.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let plain = |letter: char| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        };
        let text: String = text.chars().filter(|letter| !matches!(letter, ' ' | '-')).take(CHARS + 1).map(plain).collect();
        let (body, check) = text.split_at_checked(BODY_CHARS).ok_or(IdError)?;
        let number = code::number(body).filter(|_| check_characters(body).as_deref() == Some(check)).ok_or(IdError)?;
        Ok(SpokenCode { end: (number >> KEYED_BITS) as u32, keyed: number as u64 & ((1 << KEYED_BITS) - 1) })
    }
}

impl fmt::Display for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from(self.end) << KEYED_BITS | u128::from(self.keyed);
        let mut text = code::text(number, BODY_CHARS);
        text.extend(check_characters(&text));
        for (place, letter) in text.chars().enumerate() {
            write!(f, "{}{letter}", if place > 0 && place % GROUP == 0 { "-" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpokenCode({self})")
    }
}

/// The passes from `first` to `last`, both included: the names that a spoken code can stand for. There is hardly ever more than one pass
/// among them: they were issued in one second and share 26 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassRange {
    /// The lowest name.
    pub first: PassId,
    /// The highest name.
    pub last: PassId,
}

/// The centre's key for spoken codes.
#[derive(Clone)]
pub(crate) struct SpokenKey(Permutation);

impl SpokenKey {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        SpokenKey(Permutation::narrow(key, KEYED_BITS / 2))
    }

    /// The code of a pass that ends at `until_s`.
    pub(crate) fn code(&self, pass: PassId, until_s: i64) -> Option<SpokenCode> {
        let end = until_s.div_euclid(UNIT_S) + i64::from(until_s.rem_euclid(UNIT_S) > 0);
        let lag_s = end * UNIT_S - pass.issued_s();
        let inside = (0..1 << LAG_BITS).contains(&lag_s).then(|| u128::from(lag_s as u64) << RANDOM_BITS | random_bits(pass));
        let end = (end & ((1 << END_BITS) - 1)) as u32;
        inside.map(|inside| SpokenCode { end, keyed: self.0.forward(u64::from(end), inside) as u64 })
    }

    /// Where the pass with this code stands, if there is one.
    pub(crate) fn locate(&self, code: SpokenCode, now_s: i64) -> PassRange {
        let inside = self.0.backward(u64::from(code.end), u128::from(code.keyed));
        // Of all ends with these 20 bits, the one nearest to now.
        let now = now_s.div_euclid(UNIT_S);
        let half = 1_i64 << (END_BITS - 1);
        let end = now - half + (i64::from(code.end) - now + half).rem_euclid(2 * half);
        let issued_s = end * UNIT_S - (inside >> RANDOM_BITS) as i64;
        let random = (inside as u32) << (32 - RANDOM_BITS);
        let name = |rest: u32, fill| {
            let mut bytes = [fill; 12];
            bytes[..4].copy_from_slice(&(random | rest).to_be_bytes());
            PassId::new(issued_s, bytes)
        };
        PassRange { first: name(0, 0), last: name(u32::MAX >> RANDOM_BITS, 0xff) }
    }
}

/// The first of the random bits of a name.
fn random_bits(pass: PassId) -> u128 {
    let [_, _, _, _, a, b, c, d, ..] = *pass.as_bytes();
    u128::from(u32::from_be_bytes([a, b, c, d]) >> (32 - RANDOM_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pass() -> impl Strategy<Value = (PassId, i64)> {
        (0..4_000_000_000_i64, any::<[u8; 12]>(), 1..16_000_000_i64)
            .prop_map(|(issued_s, random, length_s)| (PassId::new(issued_s, random), issued_s + length_s))
    }

    proptest! {
        #[test]
        fn a_code_leads_to_its_pass(key: [u8; 32], (pass, until_s) in pass(), late_s in -10_000_000..10_000_000_i64) {
            let key = SpokenKey::new(key);
            let code = key.code(pass, until_s).unwrap();
            let PassRange { first, last } = key.locate(code, until_s + late_s);
            prop_assert!(first <= pass && pass <= last);
            prop_assert_eq!(first.issued_s(), last.issued_s());
        }

        #[test]
        fn it_is_read_as_it_is_typed(key: [u8; 32], (pass, until_s) in pass()) {
            let code = SpokenKey::new(key).code(pass, until_s).unwrap();
            let text = code.to_string();
            prop_assert!(text.split('-').map(str::len).eq([4; 4]));
            for typed in [text.clone(), text.to_lowercase(), text.replace('-', " "), text.replace('-', "").replace('0', "o").replace('1', "l")] {
                prop_assert_eq!(SpokenCode::parse(&typed), Ok(code));
            }
        }

        #[test]
        fn a_wrong_character_and_two_swapped_ones_are_found(key: [u8; 32], (pass, until_s) in pass(), place in 0..16_usize, other in 0..32_usize) {
            let text = SpokenKey::new(key).code(pass, until_s).unwrap().to_string().replace('-', "");
            let altered = |alter: &dyn Fn(&mut Vec<u8>)| {
                let mut letters = text.clone().into_bytes();
                alter(&mut letters);
                String::from_utf8(letters).unwrap()
            };
            let letter = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"[other];
            for altered in [altered(&|letters| letters[place] = letter), altered(&|letters| letters.swap(place, (place + 1).min(15)))] {
                prop_assert_eq!(SpokenCode::parse(&altered).is_ok(), altered == text, "{}", altered);
            }
        }

        #[test]
        fn any_text_is_answered(text in ".{0,40}") {
            let _ = SpokenCode::parse(&text);
        }
    }

    #[test]
    fn a_pass_that_lasts_too_long_has_none() {
        let key = SpokenKey::new([1; 32]);
        let pass = PassId::new(1_000_000, [0; 12]);
        assert!(key.code(pass, 1_000_000 + 194 * 86_400).is_some());
        assert!(key.code(pass, 1_000_000 + 195 * 86_400).is_none());
    }
}
