//! What the server tells the public about itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::AuditHead;

/// `GET /v1/transparency`: what the server does, in counts in which nobody can be found, and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Transparency {
    /// How counts are told.
    pub counts_are: String,
    /// How passes are made.
    pub scheme: String,
    /// When the policy begins and ends.
    pub policy: PolicyDates,
    /// How long what is kept is kept.
    pub retention: Retention,
    /// The local days that are over, oldest first.
    pub days: Vec<DayCounts>,
    /// Verifications since the server started.
    pub verifications: VerificationCounts,
    /// Whether every check is written down. Where it is not, which is usual, the columns `checks` of what is kept are empty.
    pub checks_logged: bool,
    /// What administrators did. Exact: it is about them, not about residents.
    pub administrators: AdministratorCounts,
    /// All that is kept, and what for.
    pub kept: Vec<Kept>,
}

/// When the policy begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyDates {
    /// From when passes are issued.
    pub from_s: i64,
    /// The sunset: nothing is issued from here on.
    pub sunset_s: i64,
}

/// How long what is kept is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retention {
    /// Passes are removed so many seconds after their end.
    pub passes_s: i64,
    /// From here on residents are removed, too.
    pub residents_until_s: i64,
    /// When the server last removed what was due; absent before the first time since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_removal_s: Option<i64>,
}

/// What happened on one local day, by purpose. Purposes without a count are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DayCounts {
    /// The day, such as `2020-04-03`.
    pub day: String,
    /// Passes issued.
    pub issued: BTreeMap<String, u64>,
    /// Passes given back.
    pub cancelled: BTreeMap<String, u64>,
    /// Passes revoked.
    pub revoked: BTreeMap<String, u64>,
}

/// Verifications by outcome: `valid`, or the reason why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerificationCounts {
    /// When counting began.
    pub since_s: i64,
    /// How many.
    pub outcomes: BTreeMap<String, u64>,
}

/// What administrators did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AdministratorCounts {
    /// Entries of the audit log, and the hash that stands for all of them.
    pub audit: AuditHead,
    /// Proposals that wait for a second administrator.
    pub open_proposals: u64,
}

/// One thing that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kept {
    /// Where, as table and column.
    pub what: String,
    /// What it is and what for.
    pub why: String,
}
