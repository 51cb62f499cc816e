//! Published keys.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::scheme::SchemeError;
use crate::wire::{self, KeyMaterial};
use crate::{Purpose, Window, base64url};

/// The name of a key in a code: the first eight bytes of SHA-256 over the public key.
pub type Kid = [u8; 8];

/// How signed passes are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Ed25519 (RFC 8032): the faster one.
    #[default]
    Ed25519,
    /// ECDSA on P-256 with SHA-256, with the nonce of RFC 6979: what hardware of authorities often has to offer, and the EU's
    /// certificate used.
    Es256,
}

impl Algorithm {
    /// All algorithms.
    pub const ALL: [Algorithm; 2] = [Algorithm::Ed25519, Algorithm::Es256];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "ed25519",
            Algorithm::Es256 => "es256",
        }
    }

    /// The number in a COSE header (RFC 9053 sections 2.1 and 2.2).
    pub(crate) const fn cose(self) -> i8 {
        match self {
            Algorithm::Ed25519 => -8,
            Algorithm::Es256 => -7,
        }
    }
}

impl FromStr for Algorithm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == text);
        found.ok_or_else(|| format!("no algorithm is called '{text}'; write ed25519 or es256"))
    }
}

/// The numbers of a public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// The point.
    Ed25519([u8; 32]),
    /// Both coordinates of the point.
    Es256([u8; 64]),
    /// For blind signatures (RFC 9474).
    BlindRsa {
        /// The modulus, 256 bytes, big-endian.
        modulus: Vec<u8>,
        /// The exponent, big-endian without leading zeros.
        exponent: Vec<u8>,
    },
}

impl PublicKey {
    pub(crate) fn kid(&self) -> Kid {
        let digest = match self {
            PublicKey::Ed25519(point) => Sha256::digest(point),
            PublicKey::Es256(point) => Sha256::digest(point),
            PublicKey::BlindRsa { modulus, .. } => Sha256::digest(modulus),
        };
        std::array::from_fn(|place| digest[place])
    }

    const fn jose_name(&self) -> &'static str {
        match self {
            PublicKey::Ed25519(_) => "EdDSA",
            PublicKey::Es256(_) => "ES256",
            PublicKey::BlindRsa { .. } => "RSABSSA-SHA384-PSS-Deterministic",
        }
    }

    fn to_wire(&self) -> KeyMaterial {
        let text = base64url::encode;
        match self {
            PublicKey::Ed25519(point) => KeyMaterial::Okp { crv: "Ed25519".into(), x: text(point) },
            PublicKey::Es256(point) => {
                let (x, y) = point.split_at(32);
                KeyMaterial::Ec { crv: "P-256".into(), x: text(x), y: text(y) }
            }
            PublicKey::BlindRsa { modulus, exponent } => KeyMaterial::Rsa { n: text(modulus), e: text(exponent) },
        }
    }

    fn from_wire(material: &KeyMaterial) -> Option<Self> {
        let bytes = |text: &str| base64url::decode(text);
        Some(match material {
            KeyMaterial::Okp { crv, x } if crv == "Ed25519" => PublicKey::Ed25519(bytes(x)?.try_into().ok()?),
            KeyMaterial::Ec { crv, x, y } if crv == "P-256" => {
                PublicKey::Es256([bytes(x)?, bytes(y)?].concat().try_into().ok()?)
            }
            KeyMaterial::Rsa { n, e } => PublicKey::BlindRsa { modulus: bytes(n)?, exponent: bytes(e)? },
            _ => return None,
        })
    }
}

/// A published key: it alone says how its signatures are made, for what time, and for which purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's name in a code.
    pub kid: Kid,
    /// Its numbers.
    pub public: PublicKey,
    /// From the first second for which it signs until nothing that it signed holds any more.
    pub window: Window,
    /// The only purpose it signs for, where each has its own.
    pub purpose: Option<Purpose>,
}

impl Key {
    pub(crate) fn new(public: PublicKey, window: Window, purpose: Option<Purpose>) -> Self {
        Key { kid: public.kid(), public, window, purpose }
    }

    /// The key as it is sent.
    pub fn to_wire(&self) -> wire::PublicKey {
        wire::PublicKey {
            material: self.public.to_wire(),
            kid: self.kid.iter().map(|byte| format!("{byte:02x}")).collect(),
            alg: self.public.jose_name().into(),
            valid_from_s: self.window.from_s,
            valid_until_s: self.window.until_s,
            purpose: self.purpose,
        }
    }

    /// The key that was sent as `sent`.
    ///
    /// # Errors
    /// [`SchemeError::BadKey`] when the numbers do not fit the key's kind, its algorithm or its name.
    pub fn from_wire(sent: &wire::PublicKey) -> Result<Self, SchemeError> {
        let public = PublicKey::from_wire(&sent.material).ok_or(SchemeError::BadKey)?;
        let key = Key::new(public, Window { from_s: sent.valid_from_s, until_s: sent.valid_until_s }, sent.purpose);
        if key.to_wire() == *sent { Ok(key) } else { Err(SchemeError::BadKey) }
    }
}
