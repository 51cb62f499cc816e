//! The seam between ways of making a pass.
//!
//! A scheme has three halves: what the server runs ([`Issuer`]), what a phone runs ([`Asking`]) and what a checkpoint runs
//! ([`Verifier`]). Adding one is a file with the three, and a line in [`SchemeKind`]; `tests/it/scheme_laws.rs` runs on all.

use std::str::FromStr;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::blind::{Blind, BlindDays, Blinded, Voucher};
use crate::centre::Centre;
use crate::document::{DocumentDigest, Salt};
use crate::key::Key;
use crate::lookup::{Lookup, LookupVerifier};
use crate::ring::KeyRing;
use crate::settings::SchemeSettings;
use crate::signed::{Claims, RingVerifier, Signed, SignedVerifier};
use crate::spoken::SpokenCode;
use crate::{BlindVerifier, NameKey, PassId, Purpose, StatusToken, Window, Zone};

/// What the server has decided to permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name of the pass.
    pub pass: PassId,
    /// What it permits.
    pub purpose: Purpose,
    /// When it holds.
    pub window: Window,
}

/// A grant and what else a code may say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// What is permitted, and when.
    pub grant: Grant,
    /// How far from home.
    pub zone: Zone,
    /// Whose document it is for. Not looked at by who does not [commit to it](Issuer::commits_to_document).
    pub document: DocumentDigest,
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
    /// The authority revoked it.
    Revoked,
    /// It was good for one check, and that has been.
    Spent,
}

impl Invalid {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Invalid; 8] = [
        Invalid::Malformed,
        Invalid::Unknown,
        Invalid::Forged,
        Invalid::NotYet,
        Invalid::Expired,
        Invalid::Cancelled,
        Invalid::Revoked,
        Invalid::Spent,
    ];

    /// The name on the wire, such as `not_yet`.
    pub const fn name(self) -> &'static str {
        match self {
            Invalid::Malformed => "malformed",
            Invalid::Unknown => "unknown",
            Invalid::Forged => "forged",
            Invalid::NotYet => "not_yet",
            Invalid::Expired => "expired",
            Invalid::Cancelled => "cancelled",
            Invalid::Revoked => "revoked",
            Invalid::Spent => "spent",
        }
    }
}

/// What a checkpoint makes of a code without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// It is genuine and says this. Whether it was withdrawn since, the status list or the centre knows.
    Genuine(Claims),
    /// It is genuine, and good for one check: the centre knows whether that has been.
    Spend(Voucher),
    /// The code says nothing by itself: ask the centre.
    AskCentre(Opaque),
    /// It permits nothing.
    Invalid(Invalid),
}

/// A code that only the centre can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// The name of a pass.
    Pass(PassId),
    /// The short form of it for paper and the telephone.
    Spoken(SpokenCode),
}

/// What the phone gets when its pass is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Showing {
    /// The code to show.
    Code {
        /// What the QR code holds.
        code: String,
        /// The same for paper and the telephone, where there is one.
        spoken: Option<SpokenCode>,
        /// What opens the code's commitment to the document, where it has one.
        salt: Option<Salt>,
    },
    /// The phone makes the code itself, which holds in this window, of the signature if there is one. (There is none for who asks
    /// about a pass issued before: what was signed is not kept.)
    Blind {
        /// When the code holds.
        window: Window,
        /// The blind signature.
        signature: Option<Vec<u8>>,
    },
}

/// The server's half: makes what a phone needs to show a code.
pub trait Issuer: Send + Sync {
    /// Makes the keys of the time around `now_s` that are not yet made. May take a second; to be called at the start, and from then on
    /// now and then, away from whoever waits for an answer.
    fn prepare(&self, now_s: i64);

    /// Whether a pass for `purpose` in `window` can be issued on what the phone sent to be signed. To be asked before a quota is
    /// touched.
    ///
    /// # Errors
    /// [`AskError`] says what to send instead.
    fn accept(&self, blinded: Option<&str>, purpose: Purpose, window: Window) -> Result<Option<Blinded>, AskError>;

    /// What the phone gets. The same permit always gives the same, so a repeated request can be answered again.
    ///
    /// # Errors
    /// [`AskError::NoKey`] when the key of that time is gone, and [`AskError::NotBlinded`].
    fn show(&self, permit: &Permit, blinded: Option<&Blinded>) -> Result<Showing, AskError>;

    /// Whether what it shows commits to [`Permit::document`].
    fn commits_to_document(&self) -> bool {
        false
    }

    /// The public keys with which anyone can verify at `now_s`; empty when verifying needs the centre.
    fn keys(&self, now_s: i64) -> Vec<Key>;

    /// A status list signed for everybody; none where no code can be withdrawn or the centre is asked anyway.
    fn sign_status(&self, _list: &StatusToken) -> Option<Vec<u8>> {
        None
    }

    /// Whether the centre can take back what it issued: not where it does not know it.
    fn can_withdraw(&self) -> bool {
        true
    }
}

/// The checkpoint's half: judges a code offline, as far as the scheme allows.
pub trait Verifier: Send + Sync {
    /// What `code` is worth at `now_s` (Unix seconds).
    fn check(&self, code: &str, now_s: i64) -> Check;
}

/// Why a pass cannot be issued on what the phone sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Something to be signed blindly came, and this scheme signs nothing blindly.
    #[error("this server issues no blind passes; leave `blinded` out")]
    NothingToSign,
    /// Nothing to be signed came.
    #[error("this server issues blind passes; send what to sign as `blinded`")]
    NotBlinded,
    /// What came cannot be signed.
    #[error("`blinded` is not 256 bytes below the modulus of the key, in unpadded base64url")]
    Malformed,
    /// There is no key for the day.
    #[error("there is no key for this day; ask for a day whose keys are published")]
    NoKey,
}

/// A scheme could not be set up, or the phone could not make its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SchemeError {
    /// A published key is none of this scheme.
    #[error("a published key is not a valid key of this scheme")]
    BadKey,
    /// No key is published for the purpose and the day.
    #[error("no key is published for this purpose and day")]
    NoKey,
    /// What the server sent is no signature of what was asked.
    #[error("the server's blind signature is wrong")]
    BadSignature,
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
    /// A token that issuer and verifier cannot link, good for one check (RFC 9474).
    Blind,
}

/// A scheme set up with its secret: all that the server has of it.
pub struct Scheme {
    /// The server's half.
    pub issuer: Box<dyn Issuer>,
    /// The checkpoint's half, with the keys of the moment.
    pub verifier: Box<dyn Verifier>,
    /// What only the centre can translate.
    pub centre: Arc<Centre>,
}

impl SchemeKind {
    /// All schemes; the shared laws run on each.
    pub const ALL: [SchemeKind; 3] = [SchemeKind::Lookup, SchemeKind::Signed, SchemeKind::Blind];

    /// The name in files and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            SchemeKind::Lookup => "lookup",
            SchemeKind::Signed => "signed",
            SchemeKind::Blind => "blind",
        }
    }

    /// The scheme with the secret `seed`, from which its signing keys follow, and the key of its passes' names.
    pub fn build(self, seed: &[u8; 32], names: NameKey, settings: &SchemeSettings) -> Scheme {
        let centre = Arc::new(Centre::new(seed, names));
        let (issuer, verifier): (Box<dyn Issuer>, Box<dyn Verifier>) = match self {
            SchemeKind::Lookup => (Box::new(Lookup(Arc::clone(&centre))), Box::new(LookupVerifier)),
            SchemeKind::Signed => {
                let ring = Arc::new(KeyRing::new(seed, settings.keys));
                let signed = Signed { ring: Arc::clone(&ring), centre: Arc::clone(&centre) };
                (Box::new(signed), Box::new(RingVerifier(ring)))
            }
            SchemeKind::Blind => {
                let days = Arc::new(BlindDays::new(seed, settings.utc_offset_s, settings.keys.advance_s));
                (Box::new(Blind(Arc::clone(&days))), Box::new(days))
            }
        };
        Scheme { issuer, verifier, centre }
    }

    /// The checkpoint's half, for a device that has nothing but the published `keys`.
    ///
    /// # Errors
    /// [`SchemeError::BadKey`] when a key is none of this scheme.
    pub fn verifier(self, keys: &[Key]) -> Result<Box<dyn Verifier>, SchemeError> {
        Ok(match self {
            SchemeKind::Lookup => Box::new(LookupVerifier),
            SchemeKind::Signed => Box::new(SignedVerifier::new(keys)?),
            SchemeKind::Blind => Box::new(BlindVerifier::new(keys)?),
        })
    }
}

impl FromStr for SchemeKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        SchemeKind::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("no scheme is called '{text}'; write lookup, signed or blind"))
    }
}

impl Window {
    /// Whether a pass with this window holds at `now_s` (Unix seconds).
    ///
    /// # Errors
    /// [`Invalid::NotYet`] or [`Invalid::Expired`].
    pub fn holds(&self, now_s: i64) -> Result<(), Invalid> {
        if now_s < self.from_s {
            Err(Invalid::NotYet)
        } else if now_s >= self.until_s {
            Err(Invalid::Expired)
        } else {
            Ok(())
        }
    }
}

impl Grant {
    /// Whether this pass holds at `now_s` (Unix seconds).
    ///
    /// # Errors
    /// [`Invalid::NotYet`] or [`Invalid::Expired`].
    pub fn holds(&self, now_s: i64) -> Result<(), Invalid> {
        self.window.holds(now_s)
    }
}
