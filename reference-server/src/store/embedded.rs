//! The embedded store: SQLite in a folder of its own, one writer thread, any number of readers.
//!
//! Why it is built so, with figures: `docs/decisions/0002-sqlite-group-commit.md`.

use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use passes::{PassId, Purpose, ResidentId};
use rusqlite::Connection;

use self::folder::Folder;
use self::readers::Readers;
use self::sweep::{Step, Sweep};
use self::writing::{Chore, Writing};
use super::decide::replay;
use super::inventory::Inventory;
use super::naming::Naming;
use super::queue::{Queue, Write, Writer};
use super::tally::Counting;
use super::{
    Act, Acted, Answer, Asked, Census, Ended, Issuance, IssuedBetween, KeptPass, LoggedCheck, NewPass, NewResident,
    OpenError, Opened, Proposal, Purge, Purged, Registration, Spending, Store, StoreError, Tally, TokenDigest,
    Withdrawn,
};
use crate::audit::{Entry, Head};

mod folder;
mod gaps;
mod group;
mod ledger;
mod readers;
mod schema;
mod statements;
mod sweep;
mod writing;

pub(super) fn open(dir: &Path, queue: usize) -> Result<Opened, OpenError> {
    let folder = Folder::open(dir)?;
    let path = folder.database();
    let secret = folder.secret()?;
    let naming = Naming::new(&secret);
    let db = schema::open_writer(&path)?;
    let (inventory, latest) =
        writing::take_inventory(&db).map_err(|cause| OpenError::Database { path: path.clone(), cause })?;
    let inventory = Arc::new(RwLock::new(inventory));
    let counting = Arc::new(Counting::default());
    let (queue, waiting) = Queue::new(queue);
    // The writer owns the folder and with it the lock: who gets the lock finds no writer at work any more.
    let readers = Arc::new(Readers::new(path.clone()));
    let writing = Writing {
        db,
        naming: naming.clone(),
        inventory: Arc::clone(&inventory),
        readers: Arc::clone(&readers),
        latest,
        _folder: folder,
    };
    let writer = Writer::new(writing, Arc::clone(&counting));
    thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.run(waiting))
        .map_err(|cause| OpenError::Folder { path: dir.into(), cause })?;
    let store = Embedded { queue, readers, path, naming, inventory, counting };
    Ok(Opened { store: Box::new(store), secret })
}

struct Embedded {
    queue: Queue<Chore>,
    readers: Arc<Readers>,
    path: PathBuf,
    naming: Naming,
    inventory: Arc<RwLock<Inventory>>,
    counting: Arc<Counting>,
}

impl Embedded {
    /// Bytes of the database and its log.
    fn disk_bytes(&self) -> u64 {
        let log = self.path.with_extension("db-wal");
        [&self.path, &log].into_iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum()
    }
}

impl Embedded {
    /// Looks up what may be much, and so long in coming, where no request waits for the thread.
    fn look_long<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<'_, T> {
        let readers = Arc::clone(&self.readers);
        Box::pin(async move {
            let looked = tokio::task::spawn_blocking(move || readers.with(look)).await;
            looked.map_err(|cause| StoreError::Database(cause.into()))?
        })
    }
}

impl Store for Embedded {
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
        Box::pin(self.queue.attend(|done| Chore::Act(act, done)))
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

    // A look-up takes microseconds, less than handing it to another thread: it is done where it is asked.
    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>> {
        Box::pin(ready(self.readers.with(|db| statements::latest_check_in(db, resident))))
    }

    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>> {
        let inventory = self.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let serials: Vec<u32> = inventory.holdings.newest_first(resident).collect();
        drop(inventory);
        let earlier = self.readers.with(|db| statements::earlier(db, &self.naming, serials.into_iter(), since_s));
        Box::pin(ready(earlier.map(|earlier| replay(&earlier, asked))))
    }

    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>> {
        Box::pin(ready(self.readers.with(|db| statements::find(db, &self.naming, pass))))
    }

    fn find_serial(&self, serial: u32) -> Answer<'_, Option<KeptPass>> {
        Box::pin(ready(self.readers.with(|db| statements::find_serial(db, &self.naming, serial))))
    }

    fn withdrawn(&self, now_s: i64) -> Answer<'_, Vec<Withdrawn>> {
        self.look_long(move |db| statements::withdrawn(db, now_s))
    }

    fn issued(&self, issued: IssuedBetween) -> Answer<'_, Option<Vec<PassId>>> {
        let naming = self.naming.clone();
        self.look_long(move |db| statements::issued(db, &naming, issued))
    }

    fn proposals(&self, now_s: i64) -> Answer<'_, Vec<Proposal>> {
        Box::pin(ready(self.readers.with(|db| ledger::proposals(db, now_s))))
    }

    fn audit_log(&self, after: u64, at_most: usize) -> Answer<'_, Vec<Entry>> {
        Box::pin(ready(self.readers.with(|db| ledger::log(db, after, at_most))))
    }

    fn audit_head(&self) -> Answer<'_, Head> {
        Box::pin(ready(self.readers.with(ledger::head)))
    }

    fn ended(&self) -> Answer<'_, Vec<Ended>> {
        Box::pin(ready(self.readers.with(ledger::ended)))
    }

    fn issued_daily(&self) -> Answer<'_, Vec<(i32, Purpose, u64)>> {
        let issued = self.inventory.read().unwrap_or_else(PoisonError::into_inner).issued_daily();
        Box::pin(ready(Ok(issued)))
    }

    fn census(&self, now_s: i64) -> Answer<'_, Census> {
        let census = self.inventory.read().unwrap_or_else(PoisonError::into_inner).census(now_s);
        Box::pin(ready(Ok(Census { disk_bytes: self.disk_bytes(), ..census })))
    }

    fn purge(&self, purge: Purge) -> Answer<'_, Purged> {
        Box::pin(async move {
            let mut purged = Purged::default();
            let mut next = Some(Step::FIRST);
            while let Some(step) = next {
                let swept = self.queue.attend(|done| Chore::Sweep(Sweep { purge, step, done })).await?;
                purged += swept.removed;
                next = swept.next;
            }
            Ok(purged)
        })
    }

    fn tally(&self) -> Tally {
        self.counting.read()
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.readers.close();
            self.queue.close().await
        })
    }
}
