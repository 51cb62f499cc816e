//! Group commit: the queue before the one thread that writes.
//!
//! A durable commit costs one wait for the disk, however many writes it holds. So the writer takes whatever has queued up while
//! it was busy, commits it at once and answers all of it afterwards. There is no waiting for a group to fill: alone, a write is
//! committed alone; under load, groups grow by themselves.

use std::sync::Arc;

use passes::{PassId, ResidentId};
use tokio::sync::{mpsc, oneshot};

use super::tally::Counting;
use super::{Answer, Issuance, LoggedCheck, NewPass, NewResident, Registration, Spending, StoreError, TokenDigest};

/// Most writes taken from the queue at once.
const GROUP_WRITES: usize = 256;
/// A group is committed when it has this many rows to write: one full batch of residents and no second.
const GROUP_ROWS: usize = 1_000;

/// A database as the writer sees it.
pub(super) trait Backend: Sized {
    /// Work that is not a group of writes, and is done between groups.
    type Chore: Send + 'static;

    /// Does all writes of a group in one transaction and notes their answers; or does nothing. Doing them again is safe.
    fn commit(&mut self, group: &mut [Write]) -> Result<(), StoreError>;

    /// Does `chore`.
    fn attend(&mut self, chore: Self::Chore);

    /// Brings everything to its final place and lets go of the database.
    fn close(self) -> Result<(), StoreError>;
}

/// A question to the writer, and where its answer goes once it is committed.
#[derive(Debug)]
pub(super) struct Ask<Q, A> {
    pub(super) question: Q,
    pub(super) answer: Option<A>,
    reply: oneshot::Sender<Result<A, StoreError>>,
}

impl<Q, A> Ask<Q, A> {
    /// Notes the answer.
    pub(super) fn answer_by<E>(&mut self, decide: impl FnOnce(&Q) -> Result<A, E>) -> Result<(), E> {
        self.answer = Some(decide(&self.question)?);
        Ok(())
    }

    /// Tells the outcome. Whoever asked may be gone; that changes nothing.
    fn reply(self, outcome: Result<(), StoreError>) {
        let answer = outcome.and_then(|()| self.answer.ok_or(StoreError::Closed));
        let _ = self.reply.send(answer);
    }
}

/// What can be written.
#[derive(Debug)]
pub(super) enum Write {
    Register(Ask<Vec<NewResident>, Vec<Registration>>),
    Issue(Ask<NewPass, Issuance>),
    Cancel(Ask<(PassId, ResidentId, i32), bool>),
    Spend(Ask<(TokenDigest, i64), Spending>),
    CheckIn(Ask<(ResidentId, i64), bool>),
    LogCheck(Ask<LoggedCheck, ()>),
}

impl Write {
    fn reply(self, outcome: Result<(), StoreError>) {
        match self {
            Write::Register(ask) => ask.reply(outcome),
            Write::Issue(ask) => ask.reply(outcome),
            Write::Cancel(ask) => ask.reply(outcome),
            Write::Spend(ask) => ask.reply(outcome),
            Write::CheckIn(ask) => ask.reply(outcome),
            Write::LogCheck(ask) => ask.reply(outcome),
        }
    }

    fn rows(&self) -> usize {
        match self {
            Write::Register(ask) => ask.question.len(),
            _ => 1,
        }
    }
}

/// What comes through the queue.
enum Job<C> {
    Write(Write),
    Chore(C),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// The asking side of the queue.
pub(super) struct Queue<C> {
    jobs: mpsc::Sender<Job<C>>,
}

impl<C: Send + 'static> Queue<C> {
    /// A queue in which at most `places` writes wait, and its other end.
    pub(super) fn new(places: usize) -> (Self, Waiting<C>) {
        let (jobs, waiting) = mpsc::channel(places.max(1));
        (Queue { jobs }, Waiting(waiting))
    }

    /// Puts a question in the queue and waits for the commit.
    pub(super) fn ask<Q: Send + 'static, A: Send + 'static>(
        &self,
        question: Q,
        write: fn(Ask<Q, A>) -> Write,
    ) -> Answer<'_, A> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let job = Job::Write(write(Ask { question, answer: None, reply }));
            self.jobs.try_send(job).map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => StoreError::Busy,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
            answer.await.map_err(|_| StoreError::Closed)?
        })
    }

    /// Waits for a place in the queue and for the chore to be done; `chore` is told where to send its result.
    pub(super) async fn attend<T>(
        &self,
        chore: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> C,
    ) -> Result<T, StoreError> {
        let (done, result) = oneshot::channel();
        self.jobs.send(Job::Chore(chore(done))).await.map_err(|_| StoreError::Closed)?;
        result.await.map_err(|_| StoreError::Closed)?
    }

    /// Closes the store behind the queue. What was accepted before is finished first.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (done, closed) = oneshot::channel();
        match self.jobs.send(Job::Close(done)).await {
            Ok(()) => closed.await.map_err(|_| StoreError::Closed)?,
            // It is closed already.
            Err(_) => Ok(()),
        }
    }
}

/// The writer's end of the queue.
pub(super) struct Waiting<C>(mpsc::Receiver<Job<C>>);

/// The writer's side of the store.
pub(super) struct Writer<B: Backend> {
    backend: B,
    counting: Arc<Counting>,
    /// Whether the last write failed: a full disk is reported once, not ten thousand times a second.
    failing: bool,
}

impl<B: Backend> Writer<B> {
    pub(super) fn new(backend: B, counting: Arc<Counting>) -> Self {
        Writer { backend, counting, failing: false }
    }

    /// Works until it is told to close, or nobody is left to ask.
    pub(super) fn run(mut self, Waiting(mut queue): Waiting<B::Chore>) {
        let mut taken = Vec::with_capacity(GROUP_WRITES);
        while queue.blocking_recv_many(&mut taken, GROUP_WRITES) > 0 {
            let mut group = Vec::with_capacity(taken.len());
            let mut rows = 0;
            for job in taken.drain(..) {
                match job {
                    Job::Write(write) => {
                        rows += write.rows();
                        group.push(write);
                        if rows < GROUP_ROWS {
                            continue;
                        }
                        self.commit(std::mem::take(&mut group));
                    }
                    Job::Chore(chore) => {
                        self.commit(std::mem::take(&mut group));
                        self.backend.attend(chore);
                    }
                    Job::Close(done) => {
                        self.commit(group);
                        let closed = self.backend.close();
                        let _ = done.send(closed);
                        return;
                    }
                }
                rows = 0;
            }
            self.commit(group);
        }
    }

    /// Commits a group and answers it. When that fails, each write is tried alone: one that cannot be done spoils no other.
    fn commit(&mut self, mut group: Vec<Write>) {
        if group.is_empty() {
            return;
        }
        match self.backend.commit(&mut group) {
            Ok(()) => {
                self.failing = false;
                self.counting.committed(group.len());
                group.into_iter().for_each(|write| write.reply(Ok(())));
            }
            // Who cannot be reached for a group cannot be reached for one of it.
            Err(StoreError::Unavailable) => {
                self.report(&StoreError::Unavailable);
                group.into_iter().for_each(|write| {
                    self.counting.failed();
                    write.reply(Err(StoreError::Unavailable));
                });
            }
            Err(cause) if group.len() == 1 => {
                self.counting.failed();
                self.report(&cause);
                group.into_iter().zip([cause]).for_each(|(write, cause)| write.reply(Err(cause)));
            }
            Err(_) => group.into_iter().for_each(|write| self.commit(vec![write])),
        }
    }

    /// Whoever runs the server must learn why writes fail; clients are never told.
    fn report(&mut self, cause: &StoreError) {
        if !self.failing {
            tracing::error!(%cause, "the store cannot write; requests are refused until it can");
        }
        self.failing = true;
    }
}
