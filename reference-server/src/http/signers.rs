//! Threads that make signatures which take long.
//!
//! A blind signature takes two milliseconds of a core, a verification a hundredth of that. Made on threads that answer, or on many
//! threads at once, signatures would take the processor from everybody else. So there are as many signers as cores, what is to be
//! signed waits in one queue, and the threads that answer have three times their weight: officers come first.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Threads that sign in the order in which they are asked. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Signers {
    queue: Sender<Job>,
}

impl Signers {
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(threads: usize) -> io::Result<Self> {
        let (queue, jobs) = channel();
        let jobs = Arc::new(Mutex::new(jobs));
        for _ in 0..threads {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new().name("signer".into()).spawn(move || keep_signing(&jobs))?;
        }
        Ok(Signers { queue })
    }

    /// What `work` makes, and how long that took once it was its turn. Nothing is made for who no longer waits; `None`: it failed.
    pub(super) async fn sign<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<(T, Duration)> {
        let (answer, answered) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                let began = Instant::now();
                let made = work();
                // Whoever asked may be gone by now.
                let _ = answer.send((made, began.elapsed()));
            }
        };
        self.queue.send(Box::new(job)).ok()?;
        answered.await.ok()
    }
}

fn keep_signing(jobs: &Mutex<Receiver<Job>>) {
    give_way();
    loop {
        // The lock is let go of before the work begins.
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A job that panics gives no answer; the signer goes on with the next.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// Puts this thread behind those that answer.
#[cfg(target_os = "linux")]
fn give_way() {
    // To a third of the weight of others (sched(7)).
    const BY: i32 = 5;
    // Linux takes this for the calling thread alone, and anybody may give way.
    let _ = rustix::process::nice(BY);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_are_made_at_once_than_there_are_signers() {
        let signers = Signers::start(2).unwrap();
        let (at_work, most) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
        let work = |number: usize| {
            let (at_work, most) = (Arc::clone(&at_work), Arc::clone(&most));
            move || {
                let now = {
                    let mut at_work = at_work.lock().unwrap();
                    *at_work += 1;
                    *at_work
                };
                let mut seen = most.lock().unwrap();
                *seen = now.max(*seen);
                drop(seen);
                std::thread::yield_now();
                *at_work.lock().unwrap() -= 1;
                number
            }
        };
        let mut made = tokio::task::JoinSet::new();
        let signers = Arc::new(signers);
        for number in 0..100 {
            let (signers, work) = (Arc::clone(&signers), work(number));
            made.spawn(async move { signers.sign(work).await.unwrap().0 });
        }
        let mut made = made.join_all().await;
        made.sort_unstable();
        assert!(made.into_iter().eq(0..100), "everybody gets what they asked for");
        assert!(*most.lock().unwrap() <= 2);
    }

    #[tokio::test]
    async fn nothing_is_made_for_who_has_gone() {
        let signers = Signers::start(1).unwrap();
        let (let_go, held) = channel::<()>();
        let mut first = Box::pin(signers.sign(move || held.recv().is_err()));
        let mut gone = Box::pin(signers.sign(|| panic!("nobody waits for this")));
        let mut asked = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(first.as_mut().poll(&mut asked).is_pending() && gone.as_mut().poll(&mut asked).is_pending());
        drop(gone);
        drop(let_go);
        assert!(first.await.unwrap().0);
        assert!(signers.sign(|| panic!("a signature that fails")).await.map(|((), _)| ()).is_none());
        assert_eq!(signers.sign(|| 7).await.map(|(made, _)| made), Some(7), "and the next is made");
    }
}
