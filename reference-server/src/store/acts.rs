//! What administrators do: one of them proposes, another approves, and both leave an entry in the audit log.
//!
//! The decision is here, once; a store only has to be a [`Ledger`] inside one transaction, so that no act is without its entry and no
//! entry without its act.

use std::fmt;

use passes::PassId;
use sha2::{Digest, Sha256};

use super::StoreError;
use crate::audit::{ActKind, Entry, Head, Hex};

/// Most proposals that may be open at once.
pub const OPEN_PROPOSALS: usize = 64;

/// The name of a proposal: 64 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProposalId(pub [u8; 8]);

impl ProposalId {
    /// Reads the 16 hexadecimal digits that [`Display`](fmt::Display) writes; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 16 && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.then(|| u64::from_str_radix(text, 16).ok())?;
        number.map(|number| ProposalId(number.to_be_bytes()))
    }
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// A proposal to revoke passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its name.
    pub id: ProposalId,
    /// The passes, in ascending order: what is approved is exactly what was proposed.
    pub passes: Vec<PassId>,
    /// Why, in one line.
    pub reason: String,
    /// Who proposed it.
    pub by: String,
    /// When, in Unix seconds.
    pub proposed_s: i64,
    /// The first Unix second at which it can no longer be approved.
    pub lapses_s: i64,
    /// Whether it was approved.
    pub approved: bool,
}

/// What an administrator, or the server itself, does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The server starts.
    Start {
        /// When, in Unix seconds.
        at_s: i64,
        /// With which settings.
        detail: String,
    },
    /// Somebody proposes a revocation.
    Propose(Proposal),
    /// Somebody approves one.
    Approve {
        /// Which.
        id: ProposalId,
        /// Who.
        by: String,
        /// When, in Unix seconds.
        at_s: i64,
        /// The local day, in days since 1970, under which the revocations are counted.
        day: i32,
    },
    /// Nobody acts; proposals that have lapsed are removed, as by every other act.
    Forget {
        /// Now, in Unix seconds.
        at_s: i64,
    },
}

/// What became of an [`Act`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// It is done.
    Done,
    /// The revocation is approved and done.
    Revoked {
        /// How many passes were not revoked before.
        passes: u64,
    },
    /// There is no such proposal, or no longer.
    NoProposal,
    /// Whoever proposed it cannot approve it.
    OwnProposal,
    /// It is approved already.
    ApprovedBefore,
    /// [`OPEN_PROPOSALS`] wait already.
    TooMany,
}

/// What an act needs of a store, inside one transaction.
pub(super) trait Ledger {
    fn head(&mut self) -> Result<Head, StoreError>;
    fn append(&mut self, entry: &Entry) -> Result<(), StoreError>;
    fn remove_lapsed(&mut self, at_s: i64) -> Result<(), StoreError>;
    fn open_proposals(&mut self) -> Result<usize, StoreError>;
    fn proposal(&mut self, id: ProposalId) -> Result<Option<Proposal>, StoreError>;
    fn keep(&mut self, proposal: &Proposal) -> Result<(), StoreError>;
    fn mark_approved(&mut self, id: ProposalId) -> Result<(), StoreError>;
    /// Revokes what is not revoked, counts it under `day` and tells how many that were.
    fn revoke(&mut self, passes: &[PassId], at_s: i64, day: i32) -> Result<u64, StoreError>;
}

/// Does `act` and writes its entry.
pub(super) fn perform(ledger: &mut impl Ledger, act: &Act) -> Result<Acted, StoreError> {
    ledger.remove_lapsed(act.at_s())?;
    match act {
        Act::Start { at_s, detail } => {
            note(ledger, *at_s, "server", ActKind::Started, detail.clone())?;
            Ok(Acted::Done)
        }
        Act::Propose(proposal) if ledger.open_proposals()? >= OPEN_PROPOSALS => {
            note(ledger, proposal.proposed_s, &proposal.by, ActKind::Refused, "too many proposals are open".into())?;
            Ok(Acted::TooMany)
        }
        Act::Propose(proposal) => {
            ledger.keep(proposal)?;
            note(ledger, proposal.proposed_s, &proposal.by, ActKind::Proposed, proposal.told())?;
            Ok(Acted::Done)
        }
        Act::Approve { id, by, at_s, day } => approve(ledger, *id, by, *at_s, *day),
        Act::Forget { .. } => Ok(Acted::Done),
    }
}

fn approve(ledger: &mut impl Ledger, id: ProposalId, by: &str, at_s: i64, day: i32) -> Result<Acted, StoreError> {
    let refusal = match ledger.proposal(id)? {
        None => (Acted::NoProposal, "there is none"),
        Some(proposal) if proposal.approved => (Acted::ApprovedBefore, "it is approved already"),
        Some(proposal) if proposal.by == by => (Acted::OwnProposal, "it is their own"),
        Some(proposal) => {
            let passes = ledger.revoke(&proposal.passes, at_s, day)?;
            ledger.mark_approved(id)?;
            note(ledger, at_s, by, ActKind::Approved, format!("proposal {id}; {passes} passes revoked"))?;
            return Ok(Acted::Revoked { passes });
        }
    };
    let (acted, why) = refusal;
    note(ledger, at_s, by, ActKind::Refused, format!("approval of proposal {id}: {why}"))?;
    Ok(acted)
}

fn note(ledger: &mut impl Ledger, at_s: i64, by: &str, act: ActKind, detail: String) -> Result<(), StoreError> {
    let entry = Entry::after(ledger.head()?, at_s, by, act, detail);
    ledger.append(&entry)
}

impl Act {
    const fn at_s(&self) -> i64 {
        match self {
            Act::Start { at_s, .. } | Act::Approve { at_s, .. } | Act::Forget { at_s } => *at_s,
            Act::Propose(proposal) => proposal.proposed_s,
        }
    }
}

impl Proposal {
    /// What the log says of it. The digest holds the proposer to these passes when their names are long gone.
    fn told(&self) -> String {
        let names = self.passes.iter().fold(Sha256::new(), |digest, pass| digest.chain_update(pass.as_bytes()));
        let (passes, digest) = (self.passes.len(), names.finalize());
        format!("proposal {}; {passes} passes, sha256 {}; reason: {}", self.id, Hex(&digest), self.reason)
    }
}

/// Withdrawals of one local day for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ended {
    /// The day on which the passes were withdrawn, in days since 1970.
    pub day: i32,
    /// What they were for.
    pub purpose: passes::Purpose,
    /// How many their holders gave back.
    pub cancelled: u64,
    /// How many the authority revoked.
    pub revoked: u64,
}
