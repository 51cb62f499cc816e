//! What a pass is.
//!
//! A *pass* permits one resident one kind of trip for a while. This crate holds what every room must agree on, and nothing that
//! needs a network, a file or a clock:
//!
//! - [`Purpose`]: why someone goes out;
//! - [`Policy`] and its resolved form [`Rules`]: what needs a pass, who, when, how far, for how long, how often, from when until
//!   when. Simulator and server obey the same ones;
//! - [`Group`]: who goes out, as far as the rules care;
//! - [`Issuer`], [`Asking`] and [`Verifier`]: the halves of a [`SchemeKind`] that a server, a phone and a checkpoint run;
//! - [`StatusList`] and its signed form: which passes are withdrawn, for checkpoints that ask nobody;
//! - [`PassId`], [`ResidentId`], [`Token`]: names and the bearer credential; [`Channel`]: how a resident reaches the service;
//! - [`wire`]: the JSON bodies of the HTTP interface, shared by the server and the load generator;
//! - [`Fault`] and [`Share`]: how a section of a scenario file says what is wrong with it.
//!
//! It does not know who goes where (`sim`), how requests travel (`loadgen`) or where passes are kept (`reference-server`).

mod base64url;
mod blind;
mod centre;
mod channel;
mod code;
mod cose;
mod derive;
mod document;
mod fault;
mod group;
mod id;
mod imitation;
mod key;
mod lookup;
mod name;
mod permutation;
mod phone;
mod policy;
mod purpose;
mod ring;
mod rules;
mod scheme;
mod settings;
mod share;
mod signed;
mod signer;
mod spoken;
mod status;
pub mod wire;
mod zone;

pub use blind::{BlindVerifier, Blinded, Voucher};
pub use centre::Centre;
pub use channel::Channel;
pub use document::{Commitment, DocumentDigest, Salt};
pub use fault::Fault;
pub use group::{AgeBand, Group, Occupation};
pub use id::{IdError, PassId, ResidentId, Token, TokenKey};
pub use key::{Algorithm, Key, Kid, PublicKey};
pub use lookup::LookupVerifier;
pub use name::{NameKey, PassName};
pub use phone::Asking;
pub use policy::{Curfew, Exempt, Hours, Period, Phase, Policy, PurposeRule, Quota, Validity};
pub use purpose::{Purpose, PurposeSet};
pub use ring::KeyPlan;
pub use rules::{Limit, Outing, Permission, QuotaWindow, Refusal, Rules, SteadyPasses, Window};
pub use scheme::{
    AskError, Check, Grant, Invalid, Issuer, Opaque, Permit, Scheme, SchemeError, SchemeKind, Showing, Verifier,
};
pub use settings::SchemeSettings;
pub use share::Share;
pub use signed::{Claims, SignedVerifier};
pub use spoken::SpokenCode;
pub use status::{StatusList, StatusListError, StatusPermutation, StatusPosition, StatusToken};
pub use zone::Zone;
