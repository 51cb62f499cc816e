//! Texts people can read aloud: Crockford's Base32 and check characters.

/// Crockford's alphabet: no I, L, O or U, so that nothing is mistaken for 1, 0 or V.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of 16 bytes in Base32: 128 bits at five a character.
pub(crate) const BASE32_CHARS: usize = 26;

/// 16 bytes as 26 characters.
pub(crate) fn base32_encode(bytes: &[u8; 16]) -> String {
    text(u128::from_be_bytes(*bytes), BASE32_CHARS)
}

/// The 16 bytes of 26 characters; `None` for any other text. Lower case is read too.
pub(crate) fn base32_decode(text: &str) -> Option<[u8; 16]> {
    // 26 characters hold 130 bits; the first may use only three of its five.
    let fits = text.len() == BASE32_CHARS && digit(*text.as_bytes().first()?)? <= 7;
    number(text).filter(|_| fits).map(u128::to_be_bytes)
}

/// The lowest digits of `number`, as many as `characters`.
pub(crate) fn text(number: u128, characters: usize) -> String {
    let mut text = String::with_capacity(characters);
    text.extend((0..characters).rev().map(|place| char::from(ALPHABET[(number >> (5 * place)) as usize & 31])));
    text
}

/// The number that `text` spells, as far as 128 bits hold it; `None` when it is not Base32.
pub(crate) fn number(text: &str) -> Option<u128> {
    text.bytes().try_fold(0_u128, |number, character| Some(number << 5 | u128::from(digit(character)?)))
}

/// The greatest prime below 32² = 1024, so that a remainder fits two characters.
const CHECK_PRIME: u32 = 1021;

/// Two check characters of a Base32 `text`: the number it spells modulo 1021.
///
/// One wrong character changes the number by d·32ⁿ, two swapped neighbours by 31·d·32ⁿ, with 0 < |d| < 32; a prime greater than
/// 32 divides neither, so both are always caught. `None` when `text` is not Base32.
pub(crate) fn check_characters(text: &str) -> Option<[char; 2]> {
    let step = |rest: u32, character: u8| Some((rest * 32 + u32::from(digit(character)?)) % CHECK_PRIME);
    let rest = text.bytes().try_fold(0, step)?;
    Some([rest / 32, rest % 32].map(|digit| char::from(ALPHABET[digit as usize])))
}

/// Whether `check` are the check characters of `text`; in capitals or not.
pub(crate) fn is_checked_by(text: &str, check: &str) -> bool {
    check_characters(text).is_some_and(|right| right.into_iter().eq(check.chars().map(|one| one.to_ascii_uppercase())))
}

/// Stands for characters that are not in the alphabet.
const NO_DIGIT: u8 = 32;

/// The value of every character, in capitals or not: 80 characters are read for one pass.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        digits[ALPHABET[value] as usize] = value as u8;
        digits[ALPHABET[value].to_ascii_lowercase() as usize] = value as u8;
        value += 1;
    }
    digits
};

/// The value of a character of the alphabet, in capitals or not.
fn digit(character: u8) -> Option<u8> {
    Some(DIGITS[usize::from(character)]).filter(|digit| *digit < NO_DIGIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn base32_leads_back(bytes: [u8; 16]) {
            let text = base32_encode(&bytes);
            prop_assert_eq!(base32_decode(&text), Some(bytes));
            prop_assert_eq!(base32_decode(&text.to_lowercase()), Some(bytes));
        }

        #[test]
        fn typing_errors_are_caught(bytes: [u8; 16], place in 0..26_usize, other in 0..32_usize) {
            let text = base32_encode(&bytes);
            let check = check_characters(&text);
            let mut altered = text.clone().into_bytes();
            altered[place] = ALPHABET[other];
            let altered = String::from_utf8(altered).unwrap();
            prop_assert_eq!(check_characters(&altered) == check, altered == text);

            let mut swapped = text.clone().into_bytes();
            swapped.swap(place, (place + 1).min(25));
            let swapped = String::from_utf8(swapped).unwrap();
            prop_assert_eq!(check_characters(&swapped) == check, swapped == text);
        }
    }
}
