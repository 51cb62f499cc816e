//! Acts of administrators: a transaction of their own on a connection of their own. They are rare, and one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use passes::{PassId, PassName, Purpose};
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row};

use super::link::{Link, Session, store_error};
use super::rows;
use crate::audit::{ActKind, Entry, Head};
use crate::store::acts::{Acted, Ended, Ledger, Proposal, ProposalId, perform};
use crate::store::naming::Naming;
use crate::store::{Act, IssuedBetween, StoreError};

/// Held by the process that acts: the chain has one end. Any number will do; these are the letters of "lockacts".
const ACTS_LOCK: i64 = i64::from_be_bytes(*b"lockacts");

const LOCK_PASSES: &str = "
    SELECT serial, random, purpose, revoked_s IS NOT NULL FROM passes WHERE serial = ANY($1::bigint[])
    ORDER BY serial FOR NO KEY UPDATE";

pub(super) const COUNT_ENDED: &str = "
    INSERT INTO ended SELECT day, purpose, $1, cancelled, revoked
    FROM unnest($2::integer[], $3::smallint[], $4::bigint[], $5::bigint[]) AS counted (day, purpose, cancelled, revoked)
    ON CONFLICT (day, purpose, process) DO UPDATE SET cancelled = ended.cancelled + excluded.cancelled,
                                                      revoked = ended.revoked + excluded.revoked";

const ISSUED: &str = "
    SELECT serial, random, purpose, valid_until_s, revoked_s IS NOT NULL FROM passes
    WHERE issued_s >= $1 AND issued_s < $2 ORDER BY serial LIMIT $3";

/// Where acts are done.
pub(super) struct Acting {
    link: Link,
    runtime: Handle,
    /// One transaction at a time on one connection.
    one: Arc<Mutex<()>>,
    naming: Naming,
    process: i64,
}

impl Acting {
    pub(super) fn new(config: &Config, runtime: &Handle, naming: Naming, process: i64) -> Self {
        Acting { link: Link::new(config, runtime), runtime: runtime.clone(), one: Arc::default(), naming, process }
    }

    /// Does an act. It is carried out even when nobody waits for its answer any more.
    pub(super) async fn act(&self, act: Act) -> Result<Acted, StoreError> {
        let one = Arc::clone(&self.one).lock_owned().await;
        let session = self.link.session().await?;
        let mut named =
            Named { session, runtime: self.runtime.clone(), naming: self.naming.clone(), process: self.process };
        let acting = tokio::task::spawn_blocking(move || {
            let _one = one;
            named.transact(&act)
        });
        acting.await.map_err(|cause| StoreError::Database(cause.into()))?
    }
}

/// A transaction, and what names of passes mean. Used on a thread that may wait.
struct Named {
    session: Arc<Session>,
    runtime: Handle,
    naming: Naming,
    process: i64,
}

impl Named {
    fn transact(&mut self, act: &Act) -> Result<Acted, StoreError> {
        self.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({ACTS_LOCK})"))?;
        let acted = perform(self, act).and_then(|acted| self.batch("COMMIT").map(|()| acted));
        if acted.is_err() {
            // The error matters, not whether a lost connection can still be told to roll back.
            let _ = self.batch("ROLLBACK");
        }
        acted
    }

    fn batch(&self, statements: &str) -> Result<(), StoreError> {
        self.runtime.block_on(self.session.client.batch_execute(statements)).map_err(store_error)
    }

    fn rows(&self, statement: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        self.runtime.block_on(self.session.client.query(statement, parameters)).map_err(store_error)
    }
}

impl Ledger for Named {
    fn head(&mut self) -> Result<Head, StoreError> {
        self.runtime.block_on(head(&self.session.client))
    }

    fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let Entry { number, at_s, by, act, detail, hash } = entry;
        let (number, act, hash) = (*number as i64, act.name(), hash.as_slice());
        self.rows("INSERT INTO audit VALUES ($1, $2, $3, $4, $5, $6)", &[&number, at_s, by, &act, detail, &hash])
            .map(drop)
    }

    fn remove_lapsed(&mut self, at_s: i64) -> Result<(), StoreError> {
        self.rows("DELETE FROM proposals WHERE lapses_s <= $1", &[&at_s]).map(drop)
    }

    fn open_proposals(&mut self) -> Result<usize, StoreError> {
        let rows = self.rows("SELECT count(*) FROM proposals WHERE NOT approved", &[])?;
        Ok(rows.first().map_or(0, |row| row.get::<_, i64>(0)) as usize)
    }

    fn proposal(&mut self, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
        let rows = self.rows("SELECT * FROM proposals WHERE proposal = $1", &[&id.0.as_slice()])?;
        rows.first().map(proposal).transpose()
    }

    fn keep(&mut self, proposal: &Proposal) -> Result<(), StoreError> {
        let Proposal { id, passes, reason, by, proposed_s, lapses_s, approved } = proposal;
        let passes: Vec<u8> = passes.iter().flat_map(PassId::as_bytes).copied().collect();
        let values: [&(dyn ToSql + Sync); 7] = [&id.0.as_slice(), &passes, reason, by, proposed_s, lapses_s, approved];
        self.rows("INSERT INTO proposals VALUES ($1, $2, $3, $4, $5, $6, $7)", &values).map(drop)
    }

    fn mark_approved(&mut self, id: ProposalId) -> Result<(), StoreError> {
        self.rows("UPDATE proposals SET approved = true WHERE proposal = $1", &[&id.0.as_slice()]).map(drop)
    }

    fn revoke(&mut self, passes: &[PassId], at_s: i64, day: i32) -> Result<u64, StoreError> {
        let opened = passes.iter().map(|pass| self.naming.open(*pass));
        let names: BTreeSet<(u32, [u8; 12])> = opened.map(|name| (name.serial, name.random)).collect();
        let serials: Vec<i64> = names.iter().map(|(serial, _)| i64::from(*serial)).collect();
        let mut newly = Vec::new();
        let mut counts = [0_i64; Purpose::ALL.len()];
        for row in self.rows(LOCK_PASSES, &[&serials])? {
            let (serial, random) = (rows::serial(&row, 0)?, rows::bytes(&row, 1)?);
            if names.contains(&(serial, random)) && !row.get::<_, bool>(3) {
                newly.push(i64::from(serial));
                counts[rows::purpose(&row, 2)? as usize] += 1;
            }
        }
        self.rows("UPDATE passes SET revoked_s = $1 WHERE serial = ANY($2::bigint[])", &[&at_s, &newly])?;
        let counted: Vec<(i16, i64)> = (0..).zip(counts).filter(|(_, count)| *count > 0).collect();
        let purposes: Vec<i16> = counted.iter().map(|(purpose, _)| *purpose).collect();
        let revoked: Vec<i64> = counted.iter().map(|(_, count)| *count).collect();
        let (days, cancelled) = (vec![day; revoked.len()], vec![0_i64; revoked.len()]);
        self.rows(COUNT_ENDED, &[&self.process, &days, &purposes, &cancelled, &revoked])?;
        Ok(newly.len() as u64)
    }
}

/// The end of the chain.
pub(super) async fn head(client: &Client) -> Result<Head, StoreError> {
    let last = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    let row = client.query_opt(last, &[]).await.map_err(store_error)?;
    let head = row.map(|row| Ok(Head { entries: row.get::<_, i64>(0) as u64, hash: rows::bytes(&row, 1)? }));
    head.transpose().map(Option::unwrap_or_default)
}

/// The entries after number `after`.
pub(super) async fn log(client: &Client, after: u64, at_most: usize) -> Result<Vec<Entry>, StoreError> {
    let select =
        "SELECT number, at_s, done_by, act, detail, hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
    let rows = client.query(select, &[&(after as i64), &(at_most as i64)]).await.map_err(store_error)?;
    let entry = |row: &Row| {
        let act: &str = row.get(3);
        let unknown = || StoreError::Database(format!("no act is called '{act}'").into());
        Ok(Entry {
            number: row.get::<_, i64>(0) as u64,
            at_s: row.get(1),
            by: row.get(2),
            act: ActKind::named(act).ok_or_else(unknown)?,
            detail: row.get(4),
            hash: rows::bytes(row, 5)?,
        })
    };
    rows.iter().map(entry).collect()
}

/// The proposals that have not lapsed.
pub(super) async fn proposals(client: &Client, now_s: i64) -> Result<Vec<Proposal>, StoreError> {
    let select = "SELECT * FROM proposals WHERE lapses_s > $1 ORDER BY proposal";
    client.query(select, &[&now_s]).await.map_err(store_error)?.iter().map(proposal).collect()
}

/// The counts of all days.
pub(super) async fn ended(client: &Client) -> Result<Vec<Ended>, StoreError> {
    let select = "SELECT day, purpose, sum(cancelled)::bigint, sum(revoked)::bigint FROM ended GROUP BY day, purpose";
    let count = |row: &Row| {
        let (cancelled, revoked) = (row.get::<_, i64>(2) as u64, row.get::<_, i64>(3) as u64);
        Ok(Ended { day: row.get(0), purpose: rows::purpose(row, 1)?, cancelled, revoked })
    };
    client.query(select, &[]).await.map_err(store_error)?.iter().map(count).collect()
}

/// Names of passes by when they were issued.
pub(super) async fn issued(
    client: &Client,
    naming: &Naming,
    asked: IssuedBetween,
) -> Result<Option<Vec<PassId>>, StoreError> {
    let at_most = asked.at_most as i64 + 1;
    let rows = client.query(ISSUED, &[&asked.from_s, &asked.until_s, &at_most]).await.map_err(store_error)?;
    if rows.len() > asked.at_most {
        return Ok(None);
    }
    let mut names = Vec::new();
    for row in &rows {
        let (until_s, revoked): (i64, bool) = (row.get(3), row.get(4));
        let purpose = rows::purpose(row, 2)?;
        if asked.purpose.is_none_or(|asked| asked == purpose) && until_s > asked.now_s && !revoked {
            names.push(naming.pass(PassName { serial: rows::serial(row, 0)?, random: rows::bytes(row, 1)? }));
        }
    }
    Ok(Some(names))
}

fn proposal(row: &Row) -> Result<Proposal, StoreError> {
    let passes: &[u8] = row.get(1);
    Ok(Proposal {
        id: ProposalId(rows::bytes(row, 0)?),
        passes: passes.as_chunks().0.iter().map(|name| PassId::from_bytes(*name)).collect(),
        reason: row.get(2),
        by: row.get(3),
        proposed_s: row.get(4),
        lapses_s: row.get(5),
        approved: row.get(6),
    })
}
