//! The JSON bodies of the HTTP interface (`docs/api.md`), shared by whoever answers and whoever asks.
//!
//! Times are Unix seconds. Unknown fields are refused, so that nobody believes a server knows more than it does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Channel, Grant, Invalid, Purpose, Showing, base64url};

mod administration;
mod object;
mod transparency;

pub use administration::{
    ApprovedRevocation, AuditEntry, AuditHead, AuditLog, IssuedIn, ProposedRevocation, RevocationProposal,
    RevocationProposals, RevocationRequest, Selection,
};
pub use object::Object;
pub use transparency::{
    AdministratorCounts, DayCounts, Kept, PolicyDates, Retention, Transparency, VerificationCounts,
};

/// The media type of a [`Problem`] (RFC 9457).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// `POST /v1/residents`: one resident registers. The header `Idempotency-Key` makes a repeat safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The number of an identity document, 1 to 64 characters. It is digested and not kept.
    #[schemars(length(min = 1, max = 64))]
    pub document: String,
    /// How the resident reaches the service.
    pub channel: Channel,
}

/// The answer to a [`Registration`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Registered {
    /// The credential for all further requests: send it as `Authorization: Bearer`.
    pub token: String,
}

/// `POST /v1/residents/batch`: an operator registers up to 1,000 residents at once. Those known already get their token again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationBatch {
    /// The residents.
    #[schemars(length(max = 1000))]
    #[serde(deserialize_with = "object::many")]
    pub residents: Vec<Registration>,
}

/// The answer to a [`RegistrationBatch`], in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredBatch {
    /// A credential for each resident.
    pub residents: Vec<Registered>,
}

/// `POST /v1/passes`: asks for a pass. The header `Idempotency-Key` (1 to 64 characters) makes a repeat safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassRequest {
    /// What for.
    pub purpose: Purpose,
    /// From when; default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from_s: Option<i64>,
    /// For how long, in seconds; default: all that the policy allows for the purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u32>,
    /// Under the scheme `blind`, and only there: what the phone wants signed without showing it, 256 bytes in unpadded base64url,
    /// blinded for the key of the purpose and the day (`GET /v1/keys`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blinded: Option<String>,
}

/// An issued pass: the answer to a [`PassRequest`] and to `GET /v1/passes/{pass}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedPass {
    /// The name of the pass, for the holder.
    pub pass: String,
    /// What the phone shows as a QR code. Under `blind` it is left out (and empty here): the phone makes it of `blind_signature`, and
    /// the server never sees it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Under `lookup`: the code for paper and the telephone, four groups of four characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoken: Option<String>,
    /// Under `signed`: opens the code's commitment to the holder's document, 26 characters. The phone keeps it apart from the code and
    /// shows it to an officer who wants to compare the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// Under `blind`: the signature of what was asked in `blinded`, 256 bytes in unpadded base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blind_signature: Option<String>,
    /// What it permits.
    pub purpose: Purpose,
    /// From when it holds.
    pub valid_from_s: i64,
    /// The first second it no longer holds.
    pub valid_until_s: i64,
}

impl IssuedPass {
    /// What the phone gets of `grant`, which is shown as `showing`.
    pub fn new(grant: &Grant, showing: Showing) -> Self {
        let empty = IssuedPass {
            pass: grant.pass.to_string(),
            code: String::new(),
            spoken: None,
            salt: None,
            blind_signature: None,
            purpose: grant.purpose,
            valid_from_s: grant.window.from_s,
            valid_until_s: grant.window.until_s,
        };
        match showing {
            Showing::Code { code, spoken, salt } => IssuedPass {
                code,
                spoken: spoken.map(|spoken| spoken.to_string()),
                salt: salt.map(|salt| salt.to_string()),
                ..empty
            },
            Showing::Blind { window, signature } => IssuedPass {
                blind_signature: signature.map(|signature| base64url::encode(&signature)),
                valid_from_s: window.from_s,
                valid_until_s: window.until_s,
                ..empty
            },
        }
    }
}

/// `POST /v1/verifications`: an officer shows a code to the centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationRequest {
    /// The code, as scanned or typed.
    pub code: String,
    /// Where the check is made, 1 to 64 characters. Only servers whose operator has checks logged take it; others refuse it as they refuse
    /// an unknown field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub place: Option<String>,
}

/// The answer to a [`VerificationRequest`]: whether the pass holds now, and what an officer must know to look at the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verification {
    /// Whether the pass holds.
    pub valid: bool,
    /// Why not, when it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Invalid>,
    /// What a valid pass permits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The first second a valid pass no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until_s: Option<i64>,
}

/// `POST /v1/check-ins`: a patient who must stay at home answers a prompt. That it comes, and from whom, is all it tells: a
/// position or a picture is an unknown field. Answered without a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckIn {}

/// The answer to `GET /v1/check-ins`: all that is kept of a patient's check-ins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LatestCheckIn {
    /// When the latest came.
    pub checked_in_s: i64,
}

/// `GET /v1/time`: the service's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceTime {
    /// Now, in Unix seconds.
    pub now_s: i64,
}

/// `GET /v1/keys`: what a checkpoint needs to verify offline, as a JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeySet {
    /// The published keys, those of the past whose passes may still hold and those of the near future included; empty when verifying
    /// needs the centre.
    pub keys: Vec<PublicKey>,
}

/// One published key as a JSON Web Key. The key alone says which algorithm its signatures have: what a code says of itself is not
/// believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PublicKey {
    /// The numbers of the key.
    #[serde(flatten)]
    pub material: KeyMaterial,
    /// The key's name in a code, 8 bytes in lower-case hexadecimal.
    pub kid: String,
    /// `EdDSA`, `ES256`, or `RSABSSA-SHA384-PSS-Deterministic` (RFC 9474).
    pub alg: String,
    /// The first second for which it signs.
    pub valid_from_s: i64,
    /// The first second at which nothing that it signed holds any more.
    pub valid_until_s: i64,
    /// The purpose of the passes that it signs, where each purpose has its own key (`blind`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}

/// The numbers of a public key, in unpadded base64url: RFC 8037 for `OKP`, RFC 7518 section 6 for the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kty")]
pub enum KeyMaterial {
    /// An Ed25519 key.
    #[serde(rename = "OKP")]
    Okp {
        /// Always `Ed25519`.
        crv: String,
        /// The point.
        x: String,
    },
    /// A P-256 key.
    #[serde(rename = "EC")]
    Ec {
        /// Always `P-256`.
        crv: String,
        /// The point's first coordinate.
        x: String,
        /// The point's second coordinate.
        y: String,
    },
    /// An RSA key.
    #[serde(rename = "RSA")]
    Rsa {
        /// The modulus.
        n: String,
        /// The exponent.
        e: String,
    },
}

/// `GET /v1/revocations`: which status lists there are. Fetch those whole that are new, one after the other: asking for one alone would
/// tell whose pass is being looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusLists {
    /// The lists of passes that may still hold.
    pub lists: Vec<StatusListLink>,
    /// How long a fetched list may be used, in seconds.
    pub ttl_s: u32,
}

/// The media type of a list itself (draft-ietf-oauth-status-list): a signed CWT.
pub const STATUS_LIST_CWT: &str = "application/statuslist+cwt";

/// Where one status list is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusListLink {
    /// The number of the list, as codes name it.
    pub list: u32,
    /// Where to fetch it: `/v1/revocations/{list}`, answered as [`STATUS_LIST_CWT`].
    pub uri: String,
}

/// A problem document (RFC 9457). It never tells the cause of an internal error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// A stable reference such as `/problems/quota-exhausted`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A sentence for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
}
