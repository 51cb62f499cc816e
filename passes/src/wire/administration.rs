//! What administrators send and get.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Purpose;

/// `POST /v1/admin/revocations`: an administrator proposes to revoke passes. Nothing is revoked until another one approves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationRequest {
    /// Which passes.
    pub what: Selection,
    /// Why, in one line of 1 to 200 characters; kept in the audit log. Name no person.
    #[schemars(length(min = 1, max = 200), regex(pattern = r"^[^\x00-\x1f\x7f-\x9f]+$"))]
    pub reason: String,
}

/// Which passes. There is no way to select a person's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
    /// The passes of these names, 1 to 5,000.
    Passes(#[schemars(length(min = 1, max = 5000))] Vec<String>),
    /// Whatever was issued in a stretch of time.
    Issued(#[serde(deserialize_with = "super::object::one")] IssuedIn),
}

/// A stretch of time in which at most 20,000 passes were issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuedIn {
    /// Its first second.
    pub from_s: i64,
    /// The first second after it; not in the future.
    pub until_s: i64,
    /// Only passes for this purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
}

/// A proposal, as the answer to a [`RevocationRequest`] and in lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationProposal {
    /// Its name, 16 hexadecimal digits.
    pub proposal: String,
    /// How many passes it names.
    pub passes: u64,
    /// Why.
    pub reason: String,
    /// The administrator who proposed it.
    pub proposed_by: String,
    /// When.
    pub proposed_s: i64,
    /// The first second at which it can no longer be approved.
    pub lapses_s: i64,
    /// Whether it was approved, and the passes are revoked.
    pub approved: bool,
}

/// `GET /v1/admin/revocations`: the proposals that have not lapsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationProposals {
    /// The proposals.
    pub proposals: Vec<RevocationProposal>,
}

/// `GET /v1/admin/revocations/{proposal}`: what an administrator looks at before approving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProposedRevocation {
    /// The proposal.
    pub about: RevocationProposal,
    /// The names of the passes, in ascending order.
    pub passes: Vec<String>,
}

/// `POST /v1/admin/revocations/{proposal}/approval`: the second administrator approved, and it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovedRevocation {
    /// How many passes were not revoked before.
    pub revoked: u64,
}

/// `GET /v1/admin/audit`: a stretch of the audit log and its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditLog {
    /// At most 1,000 entries, in order.
    pub entries: Vec<AuditEntry>,
    /// The end of the log.
    pub head: AuditHead,
}

/// One entry of the audit log. `hash` is SHA-256 over six lines joined by line feeds: the `hash` of the entry before (64 zeros for the
/// first), `number`, `at_s`, `by`, `act`, `detail`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// From 1 on, without gaps.
    pub number: u64,
    /// When.
    pub at_s: i64,
    /// The administrator; `server` for what the server did itself.
    pub by: String,
    /// `started`, `proposed`, `approved` or `refused`.
    pub act: String,
    /// To what, and why.
    pub detail: String,
    /// 64 hexadecimal digits.
    pub hash: String,
}

/// The end of the audit log. Whoever notes it down can tell later whether anything before it was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditHead {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last, 64 hexadecimal digits; zeros when there is none.
    pub hash: String,
}
