//! The embedded store: SQLite in a folder of its own, one writer thread, any number of readers.
//!
//! Why it is built so, with figures: `docs/decisions/0002-sqlite-group-commit.md`.

use std::future::ready;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use passes::{PassId, ResidentId};
use tokio::sync::{mpsc, oneshot};

use self::folder::Folder;
use self::readers::Readers;
use self::writer::{Ask, Job, Write, Writer};
use super::decide::replay;
use super::tally::Counting;
use super::{
    Answer, Asked, Issuance, KeptPass, NewPass, NewResident, OpenError, Opened, Registration, Store, StoreError, Tally,
};

mod folder;
mod readers;
mod schema;
mod statements;
mod writer;

pub(super) fn open(dir: &Path, queue: usize) -> Result<Opened, OpenError> {
    let folder = Folder::open(dir)?;
    let path = folder.database();
    let secret = folder.secret()?;
    let writing = schema::open_writer(&path)?;
    let counting = Arc::new(Counting::default());
    let (jobs, waiting) = mpsc::channel(queue.max(1));
    // The writer owns the folder and with it the lock: who gets the lock finds no writer at work any more.
    let writer = Writer::new(writing, folder, Arc::clone(&counting));
    thread::Builder::new()
        .name("store-writer".into())
        .spawn(move || writer.run(waiting))
        .map_err(|cause| OpenError::Folder { path: dir.into(), cause })?;
    let store = Embedded { jobs, readers: Readers::new(path), counting };
    Ok(Opened { store: Box::new(store), secret })
}

struct Embedded {
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    counting: Arc<Counting>,
}

impl Embedded {
    /// Puts a question in the writer's queue and waits for the commit.
    fn ask<Q: Send + 'static, A: Send + 'static>(&self, question: Q, write: fn(Ask<Q, A>) -> Write) -> Answer<'_, A> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.jobs.try_send(Job::Write(write(Ask { question, answer: None, reply }))).map_err(|refused| {
                match refused {
                    mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                    mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
                }
            })?;
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }
}

impl Store for Embedded {
    fn register(&self, residents: Vec<NewResident>) -> Answer<'_, Vec<Registration>> {
        self.ask(residents, Write::Register)
    }

    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance> {
        self.ask(pass, Write::Issue)
    }

    fn cancel(&self, pass: PassId, resident: ResidentId) -> Answer<'_, bool> {
        self.ask((pass, resident), Write::Cancel)
    }

    fn check_in(&self, resident: ResidentId, at_s: i64) -> Answer<'_, bool> {
        self.ask((resident, at_s), Write::CheckIn)
    }

    // A look-up takes microseconds, less than handing it to another thread: it is done where it is asked.
    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>> {
        Box::pin(ready(self.readers.with(|db| statements::latest_check_in(db, resident))))
    }

    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>> {
        let earlier = self.readers.with(|db| statements::earlier(db, resident, since_s));
        Box::pin(ready(earlier.map(|earlier| replay(&earlier, asked))))
    }

    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>> {
        Box::pin(ready(self.readers.with(|db| statements::find(db, pass))))
    }

    fn tally(&self) -> Tally {
        self.counting.read()
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.readers.close();
            let (done, closed) = oneshot::channel();
            // Waits for a place in the queue: what was accepted before is finished first.
            if self.jobs.send(Job::Close(done)).await.is_ok() {
                closed.await.map_err(|_| StoreError::Closed)??;
            }
            Ok(())
        })
    }
}
