//! The seam between ways of making a pass.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lookup::Lookup;
use crate::signed::Signed;
use crate::{PassId, Purpose, Window};

/// What the server has decided to permit: all that a code may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name of the pass.
    pub pass: PassId,
    /// What it permits.
    pub purpose: Purpose,
    /// When it holds.
    pub window: Window,
}

/// Why a code permits nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invalid {
    /// It is no code of this scheme: wrong length, alphabet, prefix or check characters.
    Malformed,
    /// It is well formed, and was never issued.
    Unknown,
    /// Its signature is not ours.
    Forged,
    /// Its time has not come.
    NotYet,
    /// Its time is over.
    Expired,
    /// Its holder gave it back.
    Cancelled,
    /// The issuer took it back.
    Revoked,
    /// It was good for one check, and that was before.
    Spent,
}

/// What a checkpoint makes of a code without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is genuine and says this. Whether it was cancelled since, only the centre knows.
    Genuine(Grant),
    /// The code says nothing by itself: ask the centre for this pass.
    AskCentre(PassId),
    /// It permits nothing.
    Invalid(Invalid),
}

/// The server's half: makes the code that a phone shows as a QR code.
pub trait Issuer: Send + Sync {
    /// The code of `grant`. The same grant always has the same code, so a repeated request can be answered again.
    fn code(&self, grant: &Grant) -> String;

    /// The public keys with which anyone can verify; empty when verifying needs the centre.
    fn keys(&self) -> Vec<Key>;
}

/// The checkpoint's half: judges a code offline, as far as the scheme allows.
pub trait Verifier: Send + Sync {
    /// What `code` is worth at `now_s` (Unix seconds).
    fn check(&self, code: &str, now_s: i64) -> Check;
}

/// A published Ed25519 key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's name in the header of a code: the first eight bytes of SHA-256 over the public key.
    pub kid: [u8; 8],
    /// The public key.
    pub public: [u8; 32],
}

/// A scheme could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    /// A published key is no point on the curve.
    #[error("a public key is not a valid Ed25519 key")]
    BadKey,
}

/// Which way of making passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemeKind {
    /// An opaque code; the centre is asked at every check.
    #[default]
    Lookup,
    /// A signed token (CWT in `COSE_Sign1`, Base45), verified offline.
    Signed,
}

/// A scheme set up with its secret: both halves, as the server has them.
pub struct Scheme {
    /// The server's half.
    pub issuer: Box<dyn Issuer>,
    /// The checkpoint's half.
    pub verifier: Box<dyn Verifier>,
}

impl SchemeKind {
    /// All schemes; the shared laws run on each.
    pub const ALL: [SchemeKind; 2] = [SchemeKind::Lookup, SchemeKind::Signed];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            SchemeKind::Lookup => "lookup",
            SchemeKind::Signed => "signed",
        }
    }

    /// The scheme with the secret `seed`, from which its signing key follows.
    pub fn build(self, seed: &[u8; 32]) -> Scheme {
        match self {
            SchemeKind::Lookup => Scheme { issuer: Box::new(Lookup), verifier: Box::new(Lookup) },
            SchemeKind::Signed => {
                let signed = Signed::new(seed);
                Scheme { verifier: Box::new(signed.verifier()), issuer: Box::new(signed) }
            }
        }
    }
}

impl FromStr for SchemeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SchemeKind::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("no scheme is called '{text}'; write lookup or signed"))
    }
}

/// What the clock alone says of a pass.
pub(crate) fn at_time(window: Window, now_s: i64) -> Result<(), Invalid> {
    if now_s < window.from_s {
        Err(Invalid::NotYet)
    } else if now_s >= window.until_s {
        Err(Invalid::Expired)
    } else {
        Ok(())
    }
}

impl Grant {
    /// Whether this pass holds at `now_s` (Unix seconds).
    ///
    /// # Errors
    /// [`Invalid::NotYet`] or [`Invalid::Expired`].
    pub fn holds(&self, now_s: i64) -> Result<(), Invalid> {
        at_time(self.window, now_s)
    }
}
