//! Threads that serve, each with a runtime of its own.

use std::io;
use std::sync::mpsc;
use std::thread::Builder;

use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tracing::dispatcher::{self, Dispatch};

/// Every second task is one that another thread woke, if there is one: what the store has answered. (Such tasks wait in a queue of their
/// own, where tokio by default looks once in 31; busy with saying no to others, it would not come to what is already done.)
const OWN_AND_OTHERS: u32 = 2;

/// Threads that serve until this is dropped. What comes to one is served in the order of coming.
///
/// Not one runtime of many threads: when more than 256 tasks wait for one of those, tokio moves the older half into another queue, so who
/// came first is served last, and nobody knows how long anybody waits. Measured in `docs/decisions/0019-answered-in-time-or-at-once.md`.
pub(super) struct Threads {
    handles: Vec<Handle>,
    /// Dropped, they end the threads.
    stops: Vec<oneshot::Sender<()>>,
    /// Each completes when its thread has ended.
    ended: Vec<oneshot::Receiver<()>>,
}

impl Threads {
    /// Starts so many.
    ///
    /// # Errors
    /// When the system gives none.
    pub(super) fn start(name: &str, count: usize) -> io::Result<Self> {
        let mut threads = Threads { handles: Vec::new(), stops: Vec::new(), ended: Vec::new() };
        // What they log goes where the log of who starts them goes.
        let logging = dispatcher::get_default(Dispatch::clone);
        for _ in 0..count {
            let logging = logging.clone();
            let (stop, stopped) = oneshot::channel::<()>();
            let (ends, ended) = oneshot::channel::<()>();
            let (tell, told) = mpsc::channel();
            let serve = move || {
                let _ends = ends;
                let runtime =
                    runtime::Builder::new_current_thread().enable_all().global_queue_interval(OWN_AND_OTHERS).build();
                let handle = runtime.as_ref().map(|runtime| runtime.handle().clone());
                let _ = tell.send(handle.map_err(|cause| io::Error::new(cause.kind(), cause.to_string())));
                let Ok(runtime) = runtime else { return };
                let _ = dispatcher::with_default(&logging, || runtime.block_on(stopped));
                // A picture may still be drawn: nobody waits for it.
                runtime.shutdown_background();
            };
            Builder::new().name(name.into()).spawn(serve)?;
            threads.handles.push(told.recv().map_err(io::Error::other)??);
            threads.stops.push(stop);
            threads.ended.push(ended);
        }
        Ok(threads)
    }

    /// Where the task of this number is started: on one after the other.
    pub(super) fn next(&self, number: usize) -> &Handle {
        &self.handles[number % self.handles.len()]
    }

    /// Where tasks are started on them.
    pub(super) fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// Ends them and waits until the last has ended: then all that they still served is dropped.
    pub(super) async fn end(self) {
        drop(self.stops);
        for ended in self.ended {
            // Its sender goes with the thread.
            let _ = ended.await;
        }
    }
}
