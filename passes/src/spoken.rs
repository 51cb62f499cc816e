//! Codes for paper and the telephone: 16 characters in four groups.
//!
//! Four characters say when the pass ends, ten lead the centre to it, two are check characters. The ten are 50 bits of the pass's
//! inner name, its number and some of its random bits, behind a keyed permutation: so nothing has to be kept to find a pass by its
//! spoken code, and a guess finds one as seldom as it would hit a MAC of 50 bits. With a million passes that end within the same five
//! minutes, one guess in a thousand million does. The alphabet has no letters that look like a digit.

use std::fmt;

use crate::PassName;
use crate::code::{self, check_characters, is_checked_by};
use crate::id::IdError;
use crate::permutation::Permutation;

/// The end is told to five minutes, rounded up, in 20 bits: they come round after ten years.
const UNIT_S: i64 = 300;
const END_BITS: u32 = 20;
/// The pass's number, and as many of its random bits as there is room for.
const SERIAL_BITS: u32 = 32;
const RANDOM_BITS: u32 = 18;
const KEYED_BITS: u32 = SERIAL_BITS + RANDOM_BITS;
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
        let text: String =
            text.chars().filter(|letter| !matches!(letter, ' ' | '-')).take(CHARS + 1).map(plain).collect();
        let (body, check) = text.split_at_checked(BODY_CHARS).ok_or(IdError)?;
        let number = code::number(body).filter(|_| is_checked_by(body, check)).ok_or(IdError)?;
        Ok(SpokenCode { end: (number >> KEYED_BITS) as u32, keyed: number as u64 & ((1 << KEYED_BITS) - 1) })
    }
}

impl fmt::Display for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from(self.end) << KEYED_BITS | u128::from(self.keyed);
        let mut text = code::text(number, BODY_CHARS);
        text.extend(check_characters(&text).into_iter().flatten());
        for place in (GROUP..CHARS).step_by(GROUP).rev() {
            text.insert(place, '-');
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for SpokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpokenCode({self})")
    }
}

/// The centre's key for spoken codes.
#[derive(Clone)]
pub(crate) struct SpokenKey(Permutation);

impl SpokenKey {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        SpokenKey(Permutation::narrow(key, KEYED_BITS / 2))
    }

    /// The code of a pass that ends at `until_s`.
    pub(crate) fn code(&self, name: PassName, until_s: i64) -> SpokenCode {
        let end = until_s.div_euclid(UNIT_S) + i64::from(until_s.rem_euclid(UNIT_S) > 0);
        let end = (end & ((1 << END_BITS) - 1)) as u32;
        let [a, b, c, ..] = name.random;
        let random = u32::from_be_bytes([0, a, b, c]) >> (24 - RANDOM_BITS);
        let inside = u128::from(name.serial) << RANDOM_BITS | u128::from(random);
        SpokenCode { end, keyed: self.0.forward(u64::from(end), inside) as u64 }
    }

    /// The number of the pass with this code, if there is one.
    pub(crate) fn serial(&self, code: SpokenCode) -> u32 {
        (self.0.backward(u64::from(code.end), u128::from(code.keyed)) >> RANDOM_BITS) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pass() -> impl Strategy<Value = (PassName, i64)> {
        (any::<u32>(), any::<[u8; 12]>(), 0..8_000_000_000_i64)
            .prop_map(|(serial, random, until_s)| (PassName { serial, random }, until_s))
    }

    proptest! {
        #[test]
        fn a_code_leads_to_its_pass_and_to_its_end(key: [u8; 32], (name, until_s) in pass()) {
            let key = SpokenKey::new(key);
            let code = key.code(name, until_s);
            prop_assert_eq!(key.serial(code), name.serial);
            let mut other = name;
            other.random[0] ^= 1;
            prop_assert_ne!(key.code(other, until_s), code);
            prop_assert_ne!(key.code(name, until_s + UNIT_S).to_string()[..4].to_owned(), code.to_string()[..4].to_owned());
        }

        #[test]
        fn it_is_read_as_it_is_typed(key: [u8; 32], (name, until_s) in pass()) {
            let code = SpokenKey::new(key).code(name, until_s);
            let text = code.to_string();
            prop_assert!(text.split('-').map(str::len).eq([4; 4]));
            for typed in [text.clone(), text.to_lowercase(), text.replace('-', " "), text.replace('-', "").replace('0', "o").replace('1', "l")] {
                prop_assert_eq!(SpokenCode::parse(&typed), Ok(code));
            }
        }

        #[test]
        fn a_wrong_character_and_two_swapped_ones_are_found(key: [u8; 32], (name, until_s) in pass(), place in 0..16_usize, other in 0..32_usize) {
            let text = SpokenKey::new(key).code(name, until_s).to_string().replace('-', "");
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
}
