//! What a pass is.
//!
//! A *pass* permits one resident one kind of trip for a while. This crate holds what every room must agree on, and nothing that
//! needs a network, a file or a clock:
//!
//! - [`Purpose`]: why someone goes out;
//! - [`Policy`] and its resolved form [`Rules`]: what needs a pass, who, when, how far, for how long, how often, from when until
//!   when. Simulator and server obey the same ones;
//! - [`Group`]: who goes out, as far as the rules care;
//! - [`Issuer`] and [`Verifier`]: the two halves of a [`SchemeKind`], how a pass is made and how a checkpoint judges it;
//! - [`PassId`], [`ResidentId`], [`Token`]: names and the bearer credential; [`Channel`]: how a resident reaches the service;
//! - [`wire`]: the JSON bodies of the HTTP interface, shared by the server and the load generator;
//! - [`Fault`] and [`Share`]: how a section of a scenario file says what is wrong with it.
//!
//! It does not know who goes where (`sim`), how requests travel (`loadgen`) or where passes are kept (`reference-server`).

mod channel;
mod code;
mod fault;
mod group;
mod id;
mod lookup;
mod name;
mod permutation;
mod policy;
mod purpose;
mod rules;
mod scheme;
mod share;
mod signed;
mod status;
pub mod wire;

pub use channel::Channel;
pub use fault::Fault;
pub use group::{AgeBand, Group, Occupation};
pub use id::{IdError, PassId, ResidentId, Token, TokenKey};
pub use name::{NameKey, PassName};
pub use policy::{Curfew, Exempt, Hours, Period, Phase, Policy, PurposeRule, Quota, Validity};
pub use purpose::{Purpose, PurposeSet};
pub use rules::{Limit, Outing, Permission, QuotaWindow, Refusal, Rules, SteadyPasses, Window};
pub use scheme::{Check, Grant, Invalid, Issuer, Key, Scheme, SchemeError, SchemeKind, Verifier};
pub use share::Share;
pub use signed::SignedVerifier;
pub use status::{StatusList, StatusListError, StatusPermutation, StatusPosition};
