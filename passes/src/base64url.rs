//! Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5), as JSON Web Keys have it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `bytes` as text.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let group = |group: &[u8]| {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len()).map(move |place| char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]))
    };
    bytes.chunks(3).flat_map(group).collect()
}

/// The bytes of `text`; `None` for any text that [`encode`] does not write.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.as_bytes().chunks(4) {
        let value = |letter: &u8| ALPHABET.iter().position(|known| known == letter).map(|place| place as u32);
        let bits = group.iter().try_fold(0_u32, |bits, letter| Some(bits << 6 | value(letter)?))?;
        let bits = (bits << (6 * (4 - group.len()))).to_be_bytes();
        bytes.extend_from_slice(bits.get(1..group.len())?);
        // A lone letter holds no byte, and bits beyond the last byte would be a second spelling.
        if group.len() == 1 || bits[group.len()..].iter().any(|byte| *byte != 0) {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_has_the_vectors_of_rfc_4648() {
        let vectors = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")];
        for (plain, coded) in vectors {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    proptest! {
        #[test]
        fn there_is_one_spelling(bytes: Vec<u8>, text in "[A-Za-z0-9_=-]{0,12}") {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
            if let Some(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
