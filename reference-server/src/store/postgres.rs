//! The PostgreSQL store: several server processes share one database.
//!
//! Each process has one writer, with the queue of the embedded store before it. A connection works in order, so what may take long has
//! others than what is found by its key: one for counts and lists, and one for each purge. Why quotas hold between processes:
//! `docs/decisions/0015-postgresql-locks-the-resident.md`.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use passes::{PassId, Purpose, ResidentId};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row, Statement};

use self::ledger::Acting;
use self::link::{ANSWER, Link, database_error, store_error};
use self::statements::Reads;
use self::writing::Writing;
use super::decide::replay;
use super::naming::Naming;
use super::queue::{Queue, Write, Writer};
use super::tally::Counting;
use super::{
    Act, Acted, Answer, Asked, Census, Ended, Issuance, IssuedBetween, KeptPass, LoggedCheck, NewPass, NewResident,
    OpenError, Opened, Proposal, Purge, Purged, Registration, Spending, Store, StoreError, Tally, TokenDigest,
    Withdrawn,
};
use crate::audit::{Entry, Head};
use crate::secret::Secret;

mod compact;
mod group;
mod ledger;
mod link;
mod migrate;
mod purge;
mod rows;
mod statements;
mod writing;

pub(super) fn open(url: &str, queue: usize) -> Result<Opened, OpenError> {
    let config = configuration(url)?;
    let runtime = runtime()?;
    let writing = Arc::new(Link::new(&config, runtime.handle()));
    let (secret, process) = match apart(&runtime, introduce(&writing)) {
        Ok(introduced) => introduced,
        Err(error) => {
            // Who opens a store may be at work on a runtime, and may not wait there for another one to end.
            runtime.shutdown_background();
            return Err(error);
        }
    };
    let runtime = Arc::new(runtime);
    let naming = Naming::new(&secret);
    let counting = Arc::new(Counting::default());
    let (queue, waiting) = Queue::new(queue);
    let [finding, listing] = [(); 2].map(|()| Link::new(&config, runtime.handle()));
    let writer =
        Writer::new(Writing { runtime, link: writing, naming: naming.clone(), process }, Arc::clone(&counting));
    thread::Builder::new().name("store-writer".into()).spawn(move || writer.run(waiting)).map_err(OpenError::Thread)?;
    let store = Postgres { queue, finding, listing, naming, process, counting, closed: AtomicBool::new(false) };
    Ok(Opened { store: Box::new(store), secret })
}

/// Brings the tables of the database at `url` to the version of this program; answers the versions before and after.
pub(super) fn migrate(url: &str) -> Result<(i32, i32), OpenError> {
    once(url, |link| async move { migrate::migrate(&link).await })
}

/// Writes the tables of the database at `url` anew; answers their bytes before and after.
pub(super) fn compact(url: &str) -> Result<(u64, u64), OpenError> {
    once(url, |link| async move { compact::compact(&link).await })
}

/// Does one thing with the database at `url`, without opening a store.
fn once<T, F>(url: &str, task: impl FnOnce(Link) -> F) -> Result<T, OpenError>
where
    T: Send,
    F: Future<Output = Result<T, OpenError>> + Send,
{
    let config = configuration(url)?;
    let runtime = runtime()?;
    let done = apart(&runtime, task(Link::new(&config, runtime.handle())));
    runtime.shutdown_background();
    done
}

/// Connections live on a runtime of their own: the writer waits on its thread, and who looks up waits on the server's.
fn runtime() -> Result<Runtime, OpenError> {
    let builder = Builder::new_multi_thread().worker_threads(1).thread_name("store-connections").enable_all().build();
    builder.map_err(OpenError::Thread)
}

/// Waits for `task` on a thread of its own: a store may be opened where a runtime is at work already, and it may not wait there.
fn apart<T: Send>(runtime: &Runtime, task: impl Future<Output = Result<T, OpenError>> + Send) -> Result<T, OpenError> {
    let joined = thread::scope(|scope| scope.spawn(|| runtime.block_on(task)).join());
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn configuration(url: &str) -> Result<Config, OpenError> {
    url.parse().map_err(|cause: tokio_postgres::Error| OpenError::DatabaseUrl {
        cause: std::error::Error::source(&cause).map_or_else(|| cause.to_string(), ToString::to_string),
    })
}

/// Learns the secret, and gets the number under which this process counts.
async fn introduce(link: &Link) -> Result<(Secret, i64), OpenError> {
    let session = link.session().await.map_err(|_| link.unreachable())?;
    let secret = migrate::read_secret(&session.client).await?;
    let failed = |cause| database_error(&cause);
    let process = session.client.query_one("SELECT nextval('processes')", &[]).await.map_err(failed)?.get(0);
    session.writes().await.map_err(failed)?;
    Ok((secret, process))
}

struct Postgres {
    queue: Queue<Acting>,
    /// For what is found by its key, while a resident or an officer waits.
    finding: Link,
    /// For counts and lists.
    listing: Link,
    naming: Naming,
    process: i64,
    counting: Arc<Counting>,
    closed: AtomicBool,
}

impl Postgres {
    /// Looks something up. Look-ups by one `link` share a connection: each is sent at once, and the answers come in that order.
    async fn rows(
        &self,
        link: &Link,
        statement: fn(&Reads) -> &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        let session = link.session().await?;
        let answer = async {
            let statement = statement(session.reads().await.map_err(store_error)?);
            session.client.query(statement, parameters).await.map_err(store_error)
        };
        session.within(ANSWER, answer).await
    }
}

impl Store for Postgres {
    fn register(&self, residents: Vec<NewResident>) -> Answer<'_, Vec<Registration>> {
        self.queue.ask(residents, Write::Register)
    }

    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance> {
        self.queue.ask(pass, Write::Issue)
    }

    fn cancel(&self, pass: PassId, resident: ResidentId, day: i32) -> Answer<'_, bool> {
        self.queue.ask((pass, resident, day), Write::Cancel)
    }

    fn act(&self, act: Act) -> Answer<'_, Acted> {
        Box::pin(self.queue.attend(|done| Acting { act, done }))
    }

    fn spend(&self, token: TokenDigest, until_s: i64) -> Answer<'_, Spending> {
        self.queue.ask((token, until_s), Write::Spend)
    }

    fn log_check(&self, check: LoggedCheck) -> Answer<'_, ()> {
        self.queue.ask(check, Write::LogCheck)
    }

    fn check_in(&self, resident: ResidentId, at_s: i64) -> Answer<'_, bool> {
        self.queue.ask((resident, at_s), Write::CheckIn)
    }

    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>> {
        Box::pin(async move {
            let rows = self.rows(&self.finding, |all| &all.latest_check_in, &[&resident.as_bytes().as_slice()]).await?;
            Ok(rows.first().and_then(|row| row.get(0)))
        })
    }

    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>> {
        Box::pin(async move {
            let (residents, since_s) = ([resident.as_bytes().as_slice()], [since_s]);
            let rows =
                self.rows(&self.finding, |all| &all.earlier, &[&residents.as_slice(), &since_s.as_slice()]).await?;
            let earlier = rows.iter().map(|row| rows::earlier(row, &self.naming).map(|(_, _, pass)| pass));
            Ok(replay(&earlier.collect::<Result<Vec<_>, _>>()?, asked))
        })
    }

    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>> {
        let serial = self.naming.open(pass).serial;
        Box::pin(async move { Ok(self.find_serial(serial).await?.filter(|kept| kept.grant.pass == pass)) })
    }

    fn find_serial(&self, serial: u32) -> Answer<'_, Option<KeptPass>> {
        Box::pin(async move {
            let rows = self.rows(&self.finding, |all| &all.find, &[&i64::from(serial)]).await?;
            rows.first().map(|row| rows::kept(row, &self.naming)).transpose()
        })
    }

    fn withdrawn(&self, now_s: i64) -> Answer<'_, Vec<Withdrawn>> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.withdrawn, &[&now_s]).await?;
            rows.iter().map(rows::withdrawn).collect()
        })
    }

    fn issued(&self, asked: IssuedBetween) -> Answer<'_, Option<Vec<PassId>>> {
        Box::pin(async move {
            let limit = i64::try_from(asked.at_most).unwrap_or(i64::MAX).saturating_add(1);
            let rows =
                self.rows(&self.listing, |all| &all.issued_between, &[&asked.from_s, &asked.until_s, &limit]).await?;
            if rows.len() > asked.at_most {
                return Ok(None);
            }
            let mut names = Vec::new();
            for row in &rows {
                let (purpose, until_s, revoked): (_, i64, bool) = (rows::purpose(row, 2)?, row.get(3), row.get(4));
                if asked.purpose.is_none_or(|asked| asked == purpose) && until_s > asked.now_s && !revoked {
                    names.push(self.naming.pass(rows::name(row)?));
                }
            }
            Ok(Some(names))
        })
    }

    fn proposals(&self, now_s: i64) -> Answer<'_, Vec<Proposal>> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.proposals, &[&now_s]).await?;
            rows.iter().map(ledger::proposal).collect()
        })
    }

    fn audit_log(&self, after: u64, at_most: usize) -> Answer<'_, Vec<Entry>> {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.audit_log, &[&whole(after), &whole(at_most as u64)]).await?;
            rows.iter().map(ledger::entry).collect()
        })
    }

    fn audit_head(&self) -> Answer<'_, Head> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.audit_head, &[]).await?;
            rows.first().map_or(Ok(Head::default()), ledger::head)
        })
    }

    fn ended(&self) -> Answer<'_, Vec<Ended>> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.ended, &[]).await?;
            Ok(rows.iter().filter_map(ledger::ended).collect())
        })
    }

    fn issued_daily(&self) -> Answer<'_, Vec<(i32, Purpose, u64)>> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.issued, &[]).await?;
            let issued = rows.iter().filter_map(|row| {
                let purpose = u8::try_from(row.get::<_, i16>(1)).ok().and_then(Purpose::from_number)?;
                Some((row.get(0), purpose, row.get::<_, i64>(2) as u64))
            });
            Ok(issued.collect())
        })
    }

    fn census(&self, now_s: i64) -> Answer<'_, Census> {
        Box::pin(async move {
            let rows = self.rows(&self.listing, |all| &all.count, &[&now_s]).await?;
            let count = |column| rows.first().map_or(0, |row| row.get::<_, i64>(column)).max(0) as u64;
            let [residents, passes, live, disk_bytes] = [0, 1, 2, 3].map(count);
            Ok(Census { residents, passes, live, disk_bytes, memory_bytes: 0 })
        })
    }

    fn purge(&self, purge: Purge) -> Answer<'_, Purged> {
        Box::pin(async move {
            if self.closed.load(Ordering::Relaxed) {
                return Err(StoreError::Closed);
            }
            purge::purge(&self.listing.connect().await?.client, purge, self.process).await
        })
    }

    fn tally(&self) -> Tally {
        self.counting.read()
    }

    fn close(&self) -> Answer<'_, ()> {
        if self.closed.swap(true, Ordering::Relaxed) {
            return Box::pin(ready(Ok(())));
        }
        Box::pin(self.queue.close())
    }
}
