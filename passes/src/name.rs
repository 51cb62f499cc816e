//! Names of passes: ordered inside, opaque outside.

use std::fmt;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use crate::PassId;

/// What the name of a pass stands for, known only to who has the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassName {
    /// The number under which the pass is kept. Numbers are given in order, so a database appends new passes at one place; with
    /// random keys every insert would write a page of its own, and group commit would gain nothing.
    pub serial: u32,
    /// 96 random bits, which keep names from being guessed even by who has stolen the key but not the database.
    pub random: [u8; 12],
}

/// The key that turns inner names into outer ones and back.
///
/// Inner names are 128 bits, one block of AES-256 (FIPS 197). A block cipher is a permutation that nobody without the key can tell
/// from a random one: equal names stay equal, different ones different, and an outer name tells neither when a pass was issued nor
/// how many there are.
#[derive(Clone)]
pub struct NameKey(Aes256);

impl NameKey {
    /// The key with these 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        NameKey(Aes256::new(&bytes.into()))
    }

    /// The name that everybody sees.
    pub fn seal(&self, name: PassName) -> PassId {
        let mut block = [0; 16];
        block[..4].copy_from_slice(&name.serial.to_be_bytes());
        block[4..].copy_from_slice(&name.random);
        let mut block = block.into();
        self.0.encrypt_block(&mut block);
        PassId::from_bytes(block.into())
    }

    /// What a name stands for. Every name stands for something: whether there is such a pass, its random bits tell.
    pub fn open(&self, pass: PassId) -> PassName {
        let mut block = (*pass.as_bytes()).into();
        self.0.decrypt_block(&mut block);
        let block: [u8; 16] = block.into();
        let (serial, random) = block.split_at(4);
        PassName {
            serial: serial.iter().fold(0, |serial, byte| serial << 8 | u32::from(*byte)),
            random: std::array::from_fn(|i| random[i]),
        }
    }
}

impl fmt::Debug for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_the_cipher_of_fips_197() {
        // Appendix C.3: AES-256 of 00112233..ff under 000102..1f.
        let key = NameKey::new(std::array::from_fn(|i| i as u8));
        let inner: [u8; 16] = std::array::from_fn(|i| 0x11 * i as u8);
        let name = PassName { serial: 0x0011_2233, random: std::array::from_fn(|i| inner[4 + i]) };
        let outer = 0x8ea2_b7ca_5167_45bf_eafc_4990_4b49_6089_u128.to_be_bytes();
        assert_eq!(key.seal(name), PassId::from_bytes(outer));
        assert_eq!(key.open(PassId::from_bytes(outer)), name);
    }

    #[test]
    fn neighbours_have_nothing_in_common() {
        let key = NameKey::new([7; 32]);
        let bits = |serial| u128::from_be_bytes(*key.seal(PassName { serial, random: [0; 12] }).as_bytes());
        // Half of 128 bits differ on average, with a standard deviation of 5.7 for one pair and 0.18 for the mean of 1,000.
        let differing: u32 = (0..1_000).map(|serial| (bits(serial) ^ bits(serial + 1)).count_ones()).sum();
        assert!((63_000..65_000).contains(&differing), "{differing}");
    }

    proptest! {
        #[test]
        fn names_lead_back(key: [u8; 32], serial: u32, random: [u8; 12]) {
            let (key, name) = (NameKey::new(key), PassName { serial, random });
            prop_assert_eq!(key.open(key.seal(name)), name);
        }
    }
}
