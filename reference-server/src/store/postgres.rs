//! The PostgreSQL store: several server processes share one database.
//!
//! Each process has one writer, with the queue of the embedded store before it, and a connection for looking up. Why quotas hold between
//! processes: `docs/decisions/0015-postgresql-locks-the-resident.md`.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use passes::{PassId, PassName, Purpose, ResidentId};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row, Statement};

use self::ledger::Acting;
use self::link::{Link, Session, database_error, store_error};
use self::statements::Statements;
use self::writing::Writing;
use super::decide::replay;
use super::naming::Naming;
use super::queue::{Queue, Write, Writer};
use super::tally::Counting;
use super::{
    Act, Acted, Answer, Asked, Census, Ended, Issuance, IssuedBetween, KeptPass, NewPass, NewResident, OpenError,
    Opened, Proposal, Purge, Purged, Registration, Spending, Store, StoreError, Tally, TokenDigest, Withdrawn,
};
use crate::audit::{Entry, Head};
use crate::secret::Secret;

mod group;
mod ledger;
mod link;
mod migrate;
mod purge;
mod rows;
mod statements;
mod writing;

pub(super) fn open(url: &str, queue: usize) -> Result<Opened, OpenError> {
    let runtime = Arc::new(runtime()?);
    let config = configuration(url)?;
    let writing = Arc::new(Link::new(&config, runtime.handle()));
    let (secret, process) = apart(&runtime, introduce(&writing))?;
    let naming = Naming::new(&secret);
    let counting = Arc::new(Counting::default());
    let (queue, waiting) = Queue::new(queue);
    let reading = Link::new(&config, runtime.handle());
    let acting = Acting::new(&config, runtime.handle(), naming.clone(), process);
    let writer =
        Writer::new(Writing { runtime, link: writing, naming: naming.clone(), process }, Arc::clone(&counting));
    thread::Builder::new().name("store-writer".into()).spawn(move || writer.run(waiting)).map_err(OpenError::Thread)?;
    let store = Postgres { queue, link: reading, acting, naming, process, counting, closed: AtomicBool::new(false) };
    Ok(Opened { store: Box::new(store), secret })
}

/// Brings the tables of the database at `url` to the version of this program; answers the versions before and after.
pub(super) fn migrate(url: &str) -> Result<(i32, i32), OpenError> {
    let runtime = runtime()?;
    let link = Link::new(&configuration(url)?, runtime.handle());
    let migrated = apart(&runtime, migrate::migrate(&link));
    runtime.shutdown_background();
    migrated
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
    session.statements().await.map_err(failed)?;
    Ok((secret, process))
}

struct Postgres {
    queue: Queue<std::convert::Infallible>,
    link: Link,
    acting: Acting,
    naming: Naming,
    process: i64,
    counting: Arc<Counting>,
    closed: AtomicBool,
}

impl Postgres {
    fn open(&self) -> Result<(), StoreError> {
        if self.closed.load(Ordering::Relaxed) { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// The session for looking up.
    async fn session(&self) -> Result<Arc<Session>, StoreError> {
        self.open()?;
        self.link.session().await
    }

    /// Looks something up. Look-ups share a connection: each is sent at once, and the answers come in that order.
    async fn rows(
        &self,
        statement: fn(&Statements) -> &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let session = self.session().await?;
        let statement = statement(session.statements().await.map_err(store_error)?);
        session.client.query(statement, parameters).await.map_err(store_error)
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
        Box::pin(async move {
            self.open()?;
            self.acting.act(act).await
        })
    }

    fn spend(&self, token: TokenDigest, until_s: i64) -> Answer<'_, Spending> {
        self.queue.ask((token, until_s), Write::Spend)
    }

    fn check_in(&self, resident: ResidentId, at_s: i64) -> Answer<'_, bool> {
        self.queue.ask((resident, at_s), Write::CheckIn)
    }

    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>> {
        Box::pin(async move {
            let rows = self.rows(|all| &all.latest_check_in, &[&resident.as_bytes().as_slice()]).await?;
            Ok(rows.first().and_then(|row| row.get(0)))
        })
    }

    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>> {
        Box::pin(async move {
            let (residents, since_s) = ([resident.as_bytes().as_slice()], [since_s]);
            let rows = self.rows(|all| &all.earlier, &[&residents.as_slice(), &since_s.as_slice()]).await?;
            let earlier = rows.iter().map(|row| rows::earlier(row, &self.naming).map(|(_, _, pass)| pass));
            Ok(replay(&earlier.collect::<Result<Vec<_>, _>>()?, asked))
        })
    }

    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>> {
        let PassName { serial, random } = self.naming.open(pass);
        Box::pin(async move {
            let rows = self.rows(|all| &all.find, &[&i64::from(serial), &random.as_slice()]).await?;
            rows.first().map(|row| rows::kept(row, &self.naming)).transpose()
        })
    }

    fn find_serial(&self, serial: u32) -> Answer<'_, Option<KeptPass>> {
        Box::pin(async move {
            let rows = self.rows(|all| &all.find_serial, &[&i64::from(serial)]).await?;
            rows.first().map(|row| rows::kept(row, &self.naming)).transpose()
        })
    }

    fn withdrawn(&self, now_s: i64) -> Answer<'_, Vec<Withdrawn>> {
        Box::pin(async move {
            let rows = self.rows(|all| &all.withdrawn, &[&now_s]).await?;
            rows.iter().map(rows::withdrawn).collect()
        })
    }

    fn issued(&self, issued: IssuedBetween) -> Answer<'_, Option<Vec<PassId>>> {
        Box::pin(async move { ledger::issued(&self.session().await?.client, &self.naming, issued).await })
    }

    fn proposals(&self, now_s: i64) -> Answer<'_, Vec<Proposal>> {
        Box::pin(async move { ledger::proposals(&self.session().await?.client, now_s).await })
    }

    fn audit_log(&self, after: u64, at_most: usize) -> Answer<'_, Vec<Entry>> {
        Box::pin(async move { ledger::log(&self.session().await?.client, after, at_most).await })
    }

    fn audit_head(&self) -> Answer<'_, Head> {
        Box::pin(async move { ledger::head(&self.session().await?.client).await })
    }

    fn ended(&self) -> Answer<'_, Vec<Ended>> {
        Box::pin(async move { ledger::ended(&self.session().await?.client).await })
    }

    fn census(&self, now_s: i64) -> Answer<'_, Census> {
        Box::pin(async move {
            let rows = self.rows(|all| &all.count, &[&now_s]).await?;
            let count = |column| rows.first().map_or(0, |row| row.get::<_, i64>(column)).max(0) as u64;
            let issued = self.rows(|all| &all.issued, &[]).await?;
            let issued = issued.iter().filter_map(|row| {
                let purpose = u8::try_from(row.get::<_, i16>(1)).ok().and_then(Purpose::from_number)?;
                Some((row.get(0), purpose, row.get::<_, i64>(2) as u64))
            });
            Ok(Census {
                residents: count(0),
                passes: count(1),
                live: count(2),
                issued: issued.collect(),
                disk_bytes: count(3),
                memory_bytes: 0,
            })
        })
    }

    fn purge(&self, purge: Purge) -> Answer<'_, Purged> {
        Box::pin(async move { purge::purge(&*self.session().await?, purge, self.process).await })
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
