//! Acts of administrators, in the database.
//!
//! They are few, so each is a transaction of its own, and the acts of all processes come one after another: each entry of the audit log
//! follows from the one before.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use passes::{PassId, PassName, Purpose};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row};

use super::link::{ANSWER, Session, store_error};
use super::rows;
use crate::audit::{ActKind, Entry, Head};
use crate::store::StoreError;
use crate::store::acts::{Act, Acted, Ended, Ledger, Proposal, ProposalId, perform};
use crate::store::naming::Naming;

/// Held while an act is done, in whatever process. Any number will do; these are the letters of "auditlog".
const AUDIT_LOCK: i64 = i64::from_be_bytes(*b"auditlog");

/// How long to wait for the rows of a revocation: there may be twenty thousand, each on another page of a disk.
const REVOKING: Duration = Duration::from_secs(61);

/// An act, and who waits for it.
pub(super) struct Acting {
    pub(super) act: Act,
    pub(super) done: oneshot::Sender<Result<Acted, StoreError>>,
}

/// A transaction of the writer's thread, which may wait.
pub(super) struct Named<'a> {
    pub(super) waiting: &'a Handle,
    pub(super) session: &'a Session,
    pub(super) naming: &'a Naming,
    pub(super) process: i64,
}

impl Named<'_> {
    /// Does `act` in a transaction.
    pub(super) fn perform(&mut self, act: &Act) -> Result<Acted, StoreError> {
        self.say(&format!("BEGIN; SELECT pg_advisory_xact_lock({AUDIT_LOCK})"))?;
        let acted = perform(self, act).and_then(|acted| {
            self.say("COMMIT")?;
            Ok(acted)
        });
        if acted.is_err() {
            // The error matters, not whether a lost connection can still be told to roll back.
            let _ = self.say("ROLLBACK");
        }
        acted
    }

    fn client(&self) -> &Client {
        &self.session.client
    }

    fn say(&self, sql: &str) -> Result<(), StoreError> {
        self.wait(ANSWER, self.client().batch_execute(sql))
    }

    fn query(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        self.wait(ANSWER, self.client().query(sql, parameters))
    }

    fn wait<T>(&self, limit: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
        self.waiting.block_on(self.session.within(limit, async { answer.await.map_err(store_error) }))
    }
}

impl Ledger for Named<'_> {
    fn head(&mut self) -> Result<Head, StoreError> {
        self.query(HEAD, &[])?.first().map_or(Ok(Head::default()), head)
    }

    fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let Entry { number, at_s, by, act, detail, hash } = entry;
        let insert = "INSERT INTO audit VALUES ($1, $2, $3, $4, $5, $6)";
        self.query(insert, &[&(*number as i64), at_s, by, &act.name(), detail, &hash.as_slice()]).map(drop)
    }

    fn remove_lapsed(&mut self, at_s: i64) -> Result<(), StoreError> {
        self.query("DELETE FROM proposals WHERE lapses_s <= $1", &[&at_s]).map(drop)
    }

    fn open_proposals(&mut self) -> Result<usize, StoreError> {
        let rows = self.query("SELECT count(*) FROM proposals WHERE NOT approved", &[])?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0)) as usize)
    }

    fn proposal(&mut self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        let rows = self.query("SELECT * FROM proposals WHERE proposal = $1", &[&id.0.as_slice()])?;
        rows.first().map(proposal).transpose()
    }

    fn keep(&mut self, proposal: &Proposal) -> Result<(), StoreError> {
        let Proposal { id, passes, reason, by, proposed_s, lapses_s, approved } = proposal;
        let passes: Vec<&[u8]> = passes.iter().map(|pass| pass.as_bytes().as_slice()).collect();
        let insert = "INSERT INTO proposals VALUES ($1, $2, $3, $4, $5, $6, $7)";
        self.query(insert, &[&id.0.as_slice(), &passes, reason, by, proposed_s, lapses_s, approved]).map(drop)
    }

    fn mark_approved(&mut self, id: ProposalId) -> Result<(), StoreError> {
        self.query("UPDATE proposals SET approved = true WHERE proposal = $1", &[&id.0.as_slice()]).map(drop)
    }

    fn revoke(&mut self, passes: &[PassId], at_s: i64, day: i32) -> Result<u64, StoreError> {
        let names: Vec<PassName> = passes.iter().map(|pass| self.naming.open(*pass)).collect();
        let serials: Vec<i64> = names.iter().map(|name| i64::from(name.serial)).collect();
        let statements = self.wait(ANSWER, self.session.writes())?;
        self.say(&format!("SET LOCAL statement_timeout = '{}s'", REVOKING.as_secs() - 1))?;
        let locked = self.wait(REVOKING, self.client().query(&statements.lock_passes, &[&serials]));
        let (mut revoked, mut newly) = (BTreeSet::new(), BTreeMap::<Purpose, i64>::new());
        for row in locked? {
            let pass = rows::locked(&row)?;
            let name = PassName { serial: rows::serial(&row, 0)?, random: pass.random };
            if !pass.revoked && names.contains(&name) && revoked.insert(i64::from(name.serial)) {
                *newly.entry(pass.purpose).or_default() += 1;
            }
        }
        let revoked: Vec<i64> = revoked.into_iter().collect();
        let update = "UPDATE passes SET revoked_s = $2 WHERE serial = ANY($1::bigint[])";
        self.wait(REVOKING, self.client().query(update, &[&revoked, &at_s]))?;
        for (purpose, count) in newly {
            let (days, purposes, cancelled, counts) = ([day], [purpose as i16], [0_i64], [count]);
            let parameters: [&(dyn ToSql + Sync); 5] =
                [&self.process, &days.as_slice(), &purposes.as_slice(), &cancelled.as_slice(), &counts.as_slice()];
            self.wait(ANSWER, self.client().query(&statements.count_ended, &parameters))?;
        }
        Ok(revoked.len() as u64)
    }
}

pub(super) const HEAD: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";

pub(super) fn head(row: &Row) -> Result<Head, StoreError> {
    Ok(Head { entries: row.get::<_, i64>(0) as u64, hash: rows::bytes(row, 1)? })
}

pub(super) fn entry(row: &Row) -> Result<Entry, StoreError> {
    let act: &str = row.get(3);
    let act = ActKind::named(act).ok_or_else(|| StoreError::Database(format!("no act is called '{act}'").into()))?;
    let number = row.get::<_, i64>(0) as u64;
    Ok(Entry { number, at_s: row.get(1), by: row.get(2), act, detail: row.get(4), hash: rows::bytes(row, 5)? })
}

pub(super) fn proposal(row: &Row) -> Result<Proposal, StoreError> {
    let wrong = || StoreError::Database("a proposal holds what is no name of a pass".into());
    let passes = row.get::<_, Vec<&[u8]>>(1).into_iter();
    let passes = passes.map(|name| name.try_into().map(PassId::from_bytes).map_err(|_| wrong()));
    Ok(Proposal {
        id: ProposalId(rows::bytes(row, 0)?),
        passes: passes.collect::<Result<_, _>>()?,
        reason: row.get(2),
        by: row.get(3),
        proposed_s: row.get(4),
        lapses_s: row.get(5),
        approved: row.get(6),
    })
}

pub(super) fn ended(row: &Row) -> Option<Ended> {
    let purpose = u8::try_from(row.get::<_, i16>(1)).ok().and_then(Purpose::from_number)?;
    let count = |column| row.get::<_, i64>(column) as u64;
    Some(Ended { day: row.get(0), purpose, cancelled: count(2), revoked: count(3) })
}
