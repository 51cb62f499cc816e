//! Acts of administrators, in memory.

use std::collections::BTreeMap;

use passes::{PassId, Purpose};

use super::Rows;
use crate::audit::{Entry, Head};
use crate::store::StoreError;
use crate::store::acts::{Ended, Ledger, Proposal, ProposalId};
use crate::store::naming::Naming;

/// What acts leave behind.
#[derive(Default)]
pub(super) struct Acts {
    pub(super) proposals: BTreeMap<ProposalId, Proposal>,
    pub(super) log: Vec<Entry>,
    ended: BTreeMap<(i32, u8), Ended>,
}

impl Acts {
    /// The counts of a day, to be added to.
    pub(super) fn ended_on(&mut self, day: i32, purpose: Purpose) -> &mut Ended {
        self.ended.entry((day, purpose as u8)).or_insert(Ended { day, purpose, cancelled: 0, revoked: 0 })
    }

    pub(super) fn ended(&self) -> Vec<Ended> {
        self.ended.values().copied().collect()
    }

    pub(super) fn head(&self) -> Head {
        self.log.last().map(Entry::head).unwrap_or_default()
    }
}

/// The rows, and what their names mean.
pub(super) struct Named<'a> {
    pub(super) rows: &'a mut Rows,
    pub(super) naming: &'a Naming,
}

impl Ledger for Named<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        Ok(self.rows.acts.head())
    }

    fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        self.rows.acts.log.push(entry.clone());
        Ok(())
    }

    fn remove_lapsed(&mut self, at_s: i64) -> Result<(), StoreError> {
        self.rows.acts.proposals.retain(|_, proposal| proposal.lapses_s > at_s);
        Ok(())
    }

    fn open_proposals(&mut self) -> Result<usize, StoreError> {
        Ok(self.rows.acts.proposals.values().filter(|proposal| !proposal.approved).count())
    }

    fn proposal(&mut self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        Ok(self.rows.acts.proposals.get(&id).cloned())
    }

    fn keep(&mut self, proposal: &Proposal) -> Result<(), StoreError> {
        self.rows.acts.proposals.insert(proposal.id, proposal.clone());
        Ok(())
    }

    fn mark_approved(&mut self, id: ProposalId) -> Result<(), StoreError> {
        if let Some(proposal) = self.rows.acts.proposals.get_mut(&id) {
            proposal.approved = true;
        }
        Ok(())
    }

    fn revoke(&mut self, passes: &[PassId], at_s: i64, day: i32) -> Result<u64, StoreError> {
        let mut newly = 0;
        for pass in passes {
            let serial = self.naming.open(*pass).serial;
            if let Some(kept) = self.rows.pass(serial, *pass).filter(|kept| kept.revoked_s.is_none()) {
                kept.revoked_s = Some(at_s);
                let purpose = kept.grant.purpose;
                self.rows.acts.ended_on(day, purpose).revoked += 1;
                newly += 1;
            }
        }
        Ok(newly)
    }
}
