//! The connection that writes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use passes::{Channel, PassName, Purpose, ResidentId};
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::group::{Changes, Facts, Questions, decide_all};
use super::ledger::{Acting, Named};
use super::link::{ANSWER, Link, Session, store_error};
use super::rows;
use super::statements::Writes;
use crate::store::naming::Naming;
use crate::store::queue::{Backend, Write};
use crate::store::{KeyDigest, StoreError, TokenDigest};

/// The writer's side of the store.
pub(super) struct Writing {
    /// Dropped last, by the writer's own thread: connections are kept going here.
    pub(super) runtime: Arc<Runtime>,
    pub(super) link: Arc<Link>,
    pub(super) naming: Naming,
    /// Under which number this process counts.
    pub(super) process: i64,
}

impl Backend for Writing {
    type Chore = Acting;

    fn commit(&mut self, group: &mut [Write]) -> Result<(), StoreError> {
        self.runtime.block_on(async {
            let session = self.link.session().await?;
            self.transact(&session, group).await
        })
    }

    fn attend(&mut self, Acting { act, done }: Acting) {
        let session = self.runtime.block_on(self.link.session());
        let acted = session.and_then(|session| {
            let waiting = self.runtime.handle();
            Named { waiting, session: &session, naming: &self.naming, process: self.process }.perform(&act)
        });
        let _ = done.send(acted);
    }

    fn close(self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Writing {
    async fn transact(&self, session: &Session, group: &mut [Write]) -> Result<(), StoreError> {
        let statements = session.within(ANSWER, async { session.writes().await.map_err(store_error) }).await?;
        let questions = Questions::of(group, &self.naming);
        let writing = async {
            let outcome = self.decide_and_write(&session.client, statements, &questions, group).await;
            if outcome.is_err() {
                // The error matters, not whether a lost connection can still be told to roll back.
                let _ = session.client.batch_execute("ROLLBACK").await;
            }
            outcome
        };
        // What is not answered in time may be committed or not: nobody is told that it is.
        session.within(ANSWER, writing).await
    }

    async fn decide_and_write(
        &self,
        client: &Client,
        statements: &Writes,
        questions: &Questions,
        group: &mut [Write],
    ) -> Result<(), StoreError> {
        let facts = ask(client, statements, questions, &self.naming).await?;
        let added = facts.added.len();
        let decisions = decide_all(group, facts, &self.naming)?;
        let (names, newly_spent) =
            write(client, statements, &decisions.changes, &self.naming, added, self.process).await?;
        decisions.answer(group, &self.naming, &names, newly_spent)
    }
}

/// Sends a question, or nothing where there is nothing to ask. Questions whose futures are polled together go out together, and the
/// database does them in that order.
async fn query<const N: usize>(
    client: &Client,
    statement: &Statement,
    needed: bool,
    parameters: [&(dyn ToSql + Sync); N],
) -> Result<Vec<Row>, StoreError> {
    if needed { client.query(statement, &parameters).await.map_err(store_error) } else { Ok(Vec::new()) }
}

/// Begins the transaction, takes the locks and learns what the decisions depend on. What is read after a lock was taken is as the last
/// process that held it left it: each statement sees what was committed before it began (READ COMMITTED).
async fn ask(
    client: &Client,
    statements: &Writes,
    questions: &Questions,
    naming: &Naming,
) -> Result<Facts, StoreError> {
    let new: Vec<_> = questions.new_residents.values().collect();
    let new_residents: Vec<&[u8]> = new.iter().map(|new| new.resident.as_bytes().as_slice()).collect();
    let registered_s: Vec<i64> = new.iter().map(|new| new.registered_s).collect();
    let channels: Vec<i16> = new.iter().map(|new| channel_number(new.channel)).collect();
    let keys: Vec<Option<&[u8]>> =
        new.iter().map(|new| new.key.as_ref().map(|key| key.as_bytes().as_slice())).collect();
    let residents: Vec<&[u8]> = questions.residents.iter().map(|resident| resident.as_bytes().as_slice()).collect();
    let holders: Vec<&[u8]> = questions.holders.keys().map(|resident| resident.as_bytes().as_slice()).collect();
    let since_s: Vec<i64> = questions.holders.values().copied().collect();
    let serials: Vec<i64> = questions.serials.iter().map(|serial| i64::from(*serial)).collect();

    let register: [&(dyn ToSql + Sync); 4] = [&new_residents, &registered_s, &channels, &keys];
    let (begun, added, locked, earlier, passes) = tokio::join!(
        client.batch_execute("BEGIN"),
        query(client, &statements.register, !new.is_empty(), register),
        query(client, &statements.lock_residents, !residents.is_empty(), [&residents]),
        query(client, &statements.earlier, !holders.is_empty(), [&holders, &since_s]),
        query(client, &statements.lock_passes, !serials.is_empty(), [&serials]),
    );
    begun.map_err(store_error)?;
    let mut facts = Facts::default();
    for row in added? {
        facts.added.insert(rows::resident(&row, 0)?);
    }
    for row in locked? {
        let has_key = row.get::<_, Option<&[u8]>>(1).is_some();
        let key = if has_key { Some(KeyDigest::from_bytes(rows::bytes(&row, 1)?)) } else { None };
        facts.residents.insert(rows::resident(&row, 0)?, key);
    }
    for row in earlier? {
        let (resident, issued_s, pass) = rows::earlier(&row, naming)?;
        facts.earlier.entry(resident).or_default().push((issued_s, pass));
    }
    for row in passes? {
        facts.passes.insert(rows::serial(&row, 0)?, rows::locked(&row)?);
    }
    Ok(facts)
}

type Written = (HashMap<(ResidentId, KeyDigest), PassName>, BTreeSet<TokenDigest>);

/// Writes what was decided and commits.
async fn write(
    client: &Client,
    statements: &Writes,
    changes: &Changes,
    naming: &Naming,
    residents_added: usize,
    process: i64,
) -> Result<Written, StoreError> {
    let cancelled: Vec<i64> = changes.cancelled.iter().map(|serial| i64::from(*serial)).collect();
    let (spent, spent_until_s) = columns(&changes.spent, |token| token.0.to_vec());
    let (checked_in, checked_in_s) = columns(&changes.checked_in, |resident| resident.as_bytes().to_vec());
    let issued: BTreeMap<(i32, Purpose), i64> = changes.issued();
    let days: Vec<i32> = issued.keys().map(|(day, _)| *day).collect();
    let purposes: Vec<i16> = issued.keys().map(|(_, purpose)| *purpose as i16).collect();
    let counts: Vec<i64> = issued.values().copied().collect();
    let cancelled_days: Vec<i32> = changes.cancelled_on.keys().map(|(day, _)| *day).collect();
    let cancelled_purposes: Vec<i16> = changes.cancelled_on.keys().map(|(_, purpose)| *purpose as i16).collect();
    let cancelled_counts: Vec<i64> = changes.cancelled_on.values().copied().collect();
    let none_revoked = vec![0_i64; cancelled_days.len()];
    let ended: [&(dyn ToSql + Sync); 5] =
        [&process, &cancelled_days, &cancelled_purposes, &cancelled_counts, &none_revoked];
    let checks = CheckRows::of(changes, naming);
    let (residents, passes) = (residents_added as i64, changes.passes.len() as i64);

    let new = NewRows::of(changes);
    // All are sent before the first is answered; when one fails, the database refuses the rest, the commit too.
    let (named, cancel, ended, spend, check_in, checked, issued, rows, commit) = tokio::join!(
        query(client, &statements.insert, passes > 0, new.parameters()),
        query(client, &statements.cancel, !cancelled.is_empty(), [&cancelled]),
        query(client, &statements.count_ended, !cancelled_days.is_empty(), ended),
        query(client, &statements.spend, !spent.is_empty(), [&spent, &spent_until_s]),
        query(client, &statements.check_in, !checked_in.is_empty(), [&checked_in, &checked_in_s]),
        query(client, &statements.log_checks, !changes.checks.is_empty(), checks.parameters()),
        query(client, &statements.count_issued, !days.is_empty(), [&process, &days, &purposes, &counts]),
        query(client, &statements.count_rows, residents + passes > 0, [&process, &residents, &passes]),
        client.batch_execute("COMMIT"),
    );
    let named = named?;
    for written in [cancel, ended, check_in, checked, issued, rows] {
        written?;
    }
    let spend = spend?;
    commit.map_err(store_error)?;

    let random: HashMap<_, _> = changes.passes.iter().map(|new| ((new.resident, new.asked.key), new.random)).collect();
    let mut names = HashMap::new();
    for row in &named {
        let ask = (rows::resident(row, 1)?, KeyDigest::from_bytes(rows::bytes(row, 2)?));
        if let Some(random) = random.get(&ask) {
            names.insert(ask, PassName { serial: rows::serial(row, 0)?, random: *random });
        }
    }
    let newly_spent = spend.iter().map(|row| rows::bytes(row, 0).map(TokenDigest)).collect::<Result<_, _>>()?;
    Ok((names, newly_spent))
}

/// A map as two columns.
fn columns<K, C>(map: &BTreeMap<K, i64>, column: impl Fn(&K) -> C) -> (Vec<C>, Vec<i64>) {
    (map.keys().map(column).collect(), map.values().copied().collect())
}

/// New passes, column by column.
#[derive(Default)]
struct NewRows<'a> {
    residents: Vec<&'a [u8]>,
    until_s: Vec<i64>,
    from_s: Vec<i64>,
    issued_s: Vec<i64>,
    purposes: Vec<i16>,
    random: Vec<&'a [u8]>,
    keys: Vec<&'a [u8]>,
    requests: Vec<&'a [u8]>,
}

impl<'a> NewRows<'a> {
    fn of(changes: &'a Changes) -> Self {
        let mut rows = NewRows::default();
        for new in &changes.passes {
            rows.residents.push(new.resident.as_bytes());
            rows.until_s.push(new.window.until_s);
            rows.from_s.push(new.window.from_s);
            rows.issued_s.push(new.issued_s);
            rows.purposes.push(new.purpose as i16);
            rows.random.push(&new.random);
            rows.keys.push(new.asked.key.as_bytes());
            rows.requests.push(&new.asked.request);
        }
        rows
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 8] {
        [
            &self.residents,
            &self.until_s,
            &self.from_s,
            &self.issued_s,
            &self.purposes,
            &self.random,
            &self.keys,
            &self.requests,
        ]
    }
}

/// Logged checks, column by column.
#[derive(Default)]
struct CheckRows<'a> {
    at_s: Vec<i64>,
    serials: Vec<Option<i64>>,
    officers: Vec<Option<&'a str>>,
    places: Vec<Option<&'a str>>,
}

impl<'a> CheckRows<'a> {
    fn of(changes: &'a Changes, naming: &Naming) -> Self {
        let mut rows = CheckRows::default();
        for check in &changes.checks {
            rows.at_s.push(check.at_s);
            rows.serials.push(check.pass.map(|pass| naming.open(pass).serial.into()));
            rows.officers.push(check.officer.as_deref());
            rows.places.push(check.place.as_deref());
        }
        rows
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 4] {
        [&self.at_s, &self.serials, &self.officers, &self.places]
    }
}

/// The number that stands for a channel in the table. Numbers are never given a new meaning.
const fn channel_number(channel: Channel) -> i16 {
    match channel {
        Channel::Web => 0,
        Channel::App => 1,
        Channel::Phone => 2,
    }
}
