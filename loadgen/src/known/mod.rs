//! Servers whose behaviour is known exactly, to measure the measurement by: a stall has known percentiles, so many slots of so many
//! milliseconds have a known capacity and a known queue, and of lost answers the number is known.
//!
//! They answer any GET, one thread a connection, on loopback only.

mod truth;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::random::{Draw, keyed, unit};
use crate::{Target, system};
pub use truth::{md1_mean_wait_s, mmc_mean_wait_s, queue_mean_wait_s, stall_quantile_s};

/// After an accept that failed, so long nothing is accepted: trying at once would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(1);
/// So many may wait to be accepted.
const QUEUE: i32 = 4_096;
/// Enough for a request of a kilobyte; there are hundreds of threads.
const STACK_BYTES: usize = 128 << 10;

/// What a known server does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Behaviour {
    /// Answers at once, but nobody who comes in [`after`, `after + lasts`) since the first request before that time is over.
    Stall {
        /// From the first request to the stall.
        after: Duration,
        /// How long it lasts.
        lasts: Duration,
    },
    /// Serves so many at once, each for exactly so long, in the order in which they came.
    Slots {
        /// How many at once.
        slots: usize,
        /// How long each is served.
        service: Duration,
    },
    /// Serves so many at once, in the order in which they came, the `n`-th for [`exponential_s`]`(seed, n, mean)` seconds.
    Exponential {
        /// How many at once.
        slots: usize,
        /// The mean of the service times.
        mean: Duration,
        /// What they follow from.
        seed: u64,
    },
    /// Answers at once, but every so many-th request loses its connection.
    HangsUp {
        /// Each how many-th.
        every: u64,
    },
    /// Answers at once, but every so many-th request is never answered.
    Forgets {
        /// Each how many-th.
        every: u64,
    },
}

/// A running known server; it ends when this is dropped.
pub struct KnownServer {
    target: Target,
    work: Arc<Work>,
}

impl KnownServer {
    /// Starts a server on a free port of this machine.
    ///
    /// # Errors
    /// When the machine gives no port.
    pub fn start(behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        // A crowd that connects at once must not wait a second for its second try: the system's queue is 128 long else.
        rustix::net::listen(&listener, QUEUE)?;
        let url = format!("http://{}", listener.local_addr()?);
        let target = Target::parse(&url, &[]).map_err(io::Error::other)?;
        let work = Arc::new(Work::new(behaviour));
        let accepting = Arc::clone(&work);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if accepting.ended.load(Ordering::SeqCst) {
                    break;
                }
                match stream {
                    Ok(stream) => accepting.take(stream),
                    // For want of files, most likely: those who wait are taken when others have left.
                    Err(_) => std::thread::sleep(ACCEPT_PAUSE),
                }
            }
        });
        Ok(KnownServer { target, work })
    }

    /// Where it is.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl Drop for KnownServer {
    fn drop(&mut self) {
        self.work.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, and those that read.
        let _ = TcpStream::connect(self.target.address());
        for stream in lock(&self.work.streams).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What all connections of a server share.
struct Work {
    behaviour: Behaviour,
    ended: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
    first: OnceLock<Instant>,
    count: AtomicU64,
    /// When each slot is free again.
    free: Mutex<Vec<Instant>>,
}

impl Work {
    fn new(behaviour: Behaviour) -> Self {
        let slots = match behaviour {
            Behaviour::Slots { slots, .. } | Behaviour::Exponential { slots, .. } => slots,
            _ => 0,
        };
        Work {
            behaviour,
            ended: AtomicBool::new(false),
            streams: Mutex::default(),
            first: OnceLock::new(),
            count: AtomicU64::new(0),
            free: Mutex::new(vec![Instant::now(); slots]),
        }
    }

    fn take(self: &Arc<Self>, stream: TcpStream) {
        let work = Arc::clone(self);
        if let Ok(kept) = stream.try_clone() {
            lock(&self.streams).push(kept);
        }
        // A connection that breaks is the client's business, as is one for which the machine has no thread.
        let _ = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || work.serve(stream));
    }

    /// Answers request after request, until the client or the server ends it.
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        // A server that is woken late is not the one that is known.
        system::ask_for_exact_timers();
        system::ask_for_precedence();
        stream.set_nodelay(true)?;
        let mut inbox = Vec::new();
        let mut piece = [0; 1_024];
        loop {
            let Some(end) = inbox.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                match stream.read(&mut piece)? {
                    0 => return Ok(()),
                    count => inbox.extend_from_slice(&piece[..count]),
                }
                continue;
            };
            inbox.drain(..end + 4);
            if !self.answer(&mut stream)? {
                return stream.shutdown(Shutdown::Both);
            }
        }
    }

    /// Answers one request as the behaviour has it; whether the connection goes on.
    fn answer(&self, stream: &mut TcpStream) -> io::Result<bool> {
        const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        let now = Instant::now();
        let first = *self.first.get_or_init(|| now);
        let number = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        match self.behaviour {
            Behaviour::Stall { after, lasts } => {
                let (from, until) = (first + after, first + after + lasts);
                if (from..until).contains(&now) {
                    sleep_until(until);
                }
            }
            Behaviour::Slots { service, .. } => sleep_until(self.served_by(now, service)),
            Behaviour::Exponential { mean, seed, .. } => {
                let service_s = exponential_s(seed, number - 1, mean.as_secs_f64());
                sleep_until(self.served_by(now, Duration::from_secs_f64(service_s)));
            }
            Behaviour::HangsUp { every } if number.is_multiple_of(every) => return Ok(false),
            Behaviour::Forgets { every } if number.is_multiple_of(every) => return Ok(true),
            Behaviour::HangsUp { .. } | Behaviour::Forgets { .. } => {}
        }
        stream.write_all(OK)?;
        Ok(true)
    }

    /// When a request that comes now is served: by the slot that is free first. Reckoned, not waited for, so that a late wake-up of
    /// one does not make the next ones late.
    fn served_by(&self, now: Instant, service: Duration) -> Instant {
        let mut free = lock(&self.free);
        let Some(earliest) = free.iter_mut().min() else { return now };
        *earliest = (*earliest).max(now) + service;
        *earliest
    }
}

/// The service time of request `number` (from 0) in seconds: from the exponential distribution with mean `mean_s`, by `seed`.
pub fn exponential_s(seed: u64, number: u64, mean_s: f64) -> f64 {
    -mean_s * (1.0 - unit(keyed(seed, Draw::Service, number))).ln()
}

fn sleep_until(instant: Instant) {
    std::thread::sleep(instant.saturating_duration_since(Instant::now()));
}
