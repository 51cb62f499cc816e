//! The one thread that writes: group commit.
//!
//! A durable commit costs one wait for the disk, however many writes it holds. So the writer takes whatever has queued up while
//! it was busy, commits it at once and answers all of it afterwards. There is no waiting for a group to fill: alone, a write is
//! committed alone; under load, groups grow by themselves.

use std::sync::Arc;

use passes::{PassId, ResidentId};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::folder::Folder;
use super::statements;
use crate::store::tally::Counting;
use crate::store::{Issuance, NewPass, NewResident, Registration, StoreError};

/// Most writes taken from the queue at once.
const GROUP_WRITES: usize = 256;
/// A group is committed when it has this many rows to write: one full batch of residents and no second.
const GROUP_ROWS: usize = 1_000;

/// A question to the writer, and where its answer goes once it is committed.
#[derive(Debug)]
pub(super) struct Ask<Q, A> {
    pub(super) question: Q,
    pub(super) answer: Option<A>,
    pub(super) reply: oneshot::Sender<Result<A, StoreError>>,
}

impl<Q, A> Ask<Q, A> {
    fn answer_by(&mut self, decide: impl FnOnce(&Q) -> rusqlite::Result<A>) -> rusqlite::Result<()> {
        self.answer = Some(decide(&self.question)?);
        Ok(())
    }

    /// Tells the outcome. Whoever asked may be gone; that changes nothing.
    fn reply(self, outcome: Result<(), StoreError>) {
        let answer = outcome.and_then(|()| self.answer.ok_or(StoreError::Closed));
        let _ = self.reply.send(answer);
    }
}

/// What comes through the queue.
#[derive(Debug)]
pub(super) enum Job {
    Write(Write),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// What can be written.
#[derive(Debug)]
pub(super) enum Write {
    Register(Ask<Vec<NewResident>, Vec<Registration>>),
    Issue(Ask<NewPass, Issuance>),
    Cancel(Ask<(PassId, ResidentId), bool>),
    CheckIn(Ask<(ResidentId, i64), bool>),
}

impl Write {
    /// Does the work inside a transaction. Doing it again after a rollback is safe.
    fn apply(&mut self, db: &Connection) -> rusqlite::Result<()> {
        match self {
            Write::Register(ask) => {
                ask.answer_by(|residents| residents.iter().map(|new| statements::register(db, new)).collect())
            }
            Write::Issue(ask) => ask.answer_by(|new| statements::issue(db, new)),
            Write::Cancel(ask) => ask.answer_by(|&(pass, resident)| statements::cancel(db, pass, resident)),
            Write::CheckIn(ask) => ask.answer_by(|&(resident, at_s)| statements::check_in(db, resident, at_s)),
        }
    }

    fn reply(self, outcome: Result<(), StoreError>) {
        match self {
            Write::Register(ask) => ask.reply(outcome),
            Write::Issue(ask) => ask.reply(outcome),
            Write::Cancel(ask) => ask.reply(outcome),
            Write::CheckIn(ask) => ask.reply(outcome),
        }
    }

    fn rows(&self) -> usize {
        if let Write::Register(ask) = self { ask.question.len() } else { 1 }
    }
}

/// The writer's side of the store. It owns the folder, so the folder is locked as long as anyone writes.
pub(super) struct Writer {
    db: Connection,
    _folder: Folder,
    counting: Arc<Counting>,
    /// Whether the last write failed: a full disk is reported once, not ten thousand times a second.
    failing: bool,
}

impl Writer {
    pub(super) fn new(db: Connection, folder: Folder, counting: Arc<Counting>) -> Self {
        Writer { db, _folder: folder, counting, failing: false }
    }

    /// Works until it is told to close, or nobody is left to ask.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut taken = Vec::with_capacity(GROUP_WRITES);
        while queue.blocking_recv_many(&mut taken, GROUP_WRITES) > 0 {
            let mut group = Vec::with_capacity(taken.len());
            let mut rows = 0;
            for job in taken.drain(..) {
                match job {
                    Job::Write(write) => {
                        rows += write.rows();
                        group.push(write);
                    }
                    Job::Close(done) => {
                        self.commit(group);
                        return self.close(done);
                    }
                }
                if rows >= GROUP_ROWS {
                    self.commit(std::mem::take(&mut group));
                    rows = 0;
                }
            }
            self.commit(group);
        }
    }

    /// Commits a group and answers it. When that fails, each write is tried alone: one that cannot be done spoils no other.
    fn commit(&mut self, mut group: Vec<Write>) {
        match (self.try_commit(&mut group), group.len()) {
            (Ok(()), 0) => {}
            (Ok(()), writes) => {
                self.failing = false;
                self.counting.committed(writes);
                group.into_iter().for_each(|write| write.reply(Ok(())));
            }
            (Err(cause), 1) => {
                self.counting.failed();
                self.report(&cause);
                group.into_iter().zip([cause]).for_each(|(write, cause)| write.reply(Err(cause.into())));
            }
            (Err(_), _) => group.into_iter().for_each(|write| self.commit(vec![write])),
        }
    }

    /// Moves the log into the database and lets go of both, then says so.
    fn close(self, done: oneshot::Sender<Result<(), StoreError>>) {
        // Answers a row even when a reader is in the way; the log then stays, and is read again at the next start.
        let flushed = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(self);
        let _ = done.send(flushed.map_err(StoreError::from));
    }

    fn try_commit(&mut self, group: &mut [Write]) -> rusqlite::Result<()> {
        if group.is_empty() {
            return Ok(());
        }
        // Rolls back when dropped before the commit.
        let transaction = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for write in group {
            write.apply(&transaction)?;
        }
        transaction.commit()
    }

    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the server must learn why writes fail; clients are never told"
    )]
    fn report(&mut self, cause: &rusqlite::Error) {
        if !self.failing {
            eprintln!("the store cannot write: {cause}; requests are refused until it can");
        }
        self.failing = true;
    }
}
