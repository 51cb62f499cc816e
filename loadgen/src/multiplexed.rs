//! The sending loop of one thread with reqwest as its client: for targets that need HTTP/2.
//!
//! The same schedule, residents, records and verdicts as the engine's. It costs several times the processor time, and tokio's timers are
//! exact to a millisecond only; both show in the result, as the generator's own CPU and pacing lag.

use std::collections::HashMap;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::control::builder_of;
use crate::doors::Door;
use crate::kind::Outcome;
use crate::phones::Computed;
use crate::record::Recorder;
use crate::schedule::Ask;
use crate::settings::Client;
use crate::{Kind, Target, system};

use crate::engine::{Lane, LaneReport, Pace, Strain, Tallied};

/// The stop flag is looked at least this often.
const LONGEST_WAIT: Duration = Duration::from_millis(50);
/// Requests taken up before answers are looked at again.
const BURST: usize = 16;

/// A client of `target` for one thread.
///
/// # Errors
/// When TLS cannot be set up.
pub(crate) fn client(target: &Target, kind: Client, timeout: Duration) -> Result<reqwest::Client, crate::LoadError> {
    let mut config = target.tls_config()?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut builder = builder_of(target).tls_backend_preconfigured(config);
    if kind == Client::H2c {
        builder = builder.http2_prior_knowledge();
    }
    builder
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
        .timeout(timeout)
        .build()
        .map_err(|cause| io::Error::other(cause).into())
}

/// Plays a lane to its end, or until it is stopped.
///
/// # Errors
/// When the runtime cannot start; whatever befalls a request is an outcome, not an error.
pub(crate) fn play(lane: Lane<'_>, client: &reqwest::Client) -> io::Result<LaneReport> {
    system::ask_for_exact_timers();
    system::ask_for_precedence();
    let cpu_before = system::thread_cpu_time();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (done, answers) = unbounded_channel();
    let mut player = Player {
        recorder: Recorder::new(lane.measured),
        client: client.clone(),
        next: None,
        out: HashMap::new(),
        busy: Default::default(),
        backlogs: Default::default(),
        outbox: Vec::new(),
        strain: Strain::default(),
        ended_ns: None,
        tallied: Tallied::default(),
        issues: 0,
        done,
        lane,
    };
    let complete = LocalSet::new().block_on(&runtime, player.run(answers));
    let cpu = system::thread_cpu_time().saturating_sub(cpu_before);
    let wall = player.lane.start.elapsed();
    player.lane.journeys.finish();
    Ok(LaneReport {
        complete,
        cpu,
        spin: Duration::ZERO,
        wall,
        strain: player.strain,
        computed: Computed::default(),
        issues: player.issues,
        recorder: player.recorder,
    })
}

/// A request that is settled.
struct Settled {
    ask: Ask,
    valid: bool,
    sent_ns: u64,
    done_ns: u64,
    answer: Result<(u16, Vec<u8>), Outcome>,
}

struct Player<'a> {
    lane: Lane<'a>,
    client: reqwest::Client,
    next: Option<Ask>,
    /// Requests that are out, by their number.
    out: HashMap<u64, Ask>,
    /// How many requests are out through each door.
    busy: [usize; Door::ALL.len()],
    /// By door.
    backlogs: [Backlog; Door::ALL.len()],
    outbox: Vec<u8>,
    recorder: Recorder,
    strain: Strain,
    ended_ns: Option<u64>,
    tallied: Tallied,
    issues: u64,
    done: UnboundedSender<Settled>,
}

impl Player<'_> {
    /// Whether the schedule was played to its end.
    async fn run(&mut self, mut answers: UnboundedReceiver<Settled>) -> bool {
        self.next = self.lane.schedule.next();
        while !self.lane.stop.load(Ordering::Relaxed) {
            self.take_due();
            self.recorder.put_away(self.now_ns());
            self.tell();
            if self.is_over() {
                self.recorder.finish();
                return true;
            }
            tokio::select! {
                Some(settled) = answers.recv() => {
                    self.settle(settled);
                    while let Ok(settled) = answers.try_recv() {
                        self.settle(settled);
                    }
                }
                () = tokio::time::sleep_until(self.wake_at()) => {}
            }
        }
        self.drop_backlog();
        for (_, ask) in self.out.drain() {
            self.recorder.unsent(ask.kind, ask.at_ns, |counts| counts.abandoned += 1);
        }
        self.recorder.finish();
        self.tell();
        false
    }

    fn now_ns(&self) -> u64 {
        self.lane.start.elapsed().as_nanos() as u64
    }

    fn wake_at(&self) -> Instant {
        let longest = Instant::now() + LONGEST_WAIT;
        match (self.lane.pace, self.next) {
            (Pace::Open, Some(ask)) => {
                longest.min(Instant::from_std(self.lane.start + Duration::from_nanos(ask.at_ns)))
            }
            _ => longest,
        }
    }

    fn take_due(&mut self) {
        for _ in 0..BURST {
            let now_ns = self.now_ns();
            let Some(mut ask) = self.next else { return };
            match self.lane.pace {
                Pace::Open if ask.at_ns > now_ns => return,
                Pace::Open => {}
                Pace::Closed { .. } if now_ns >= self.lane.measured.until_ns => {
                    self.next = None;
                    return;
                }
                Pace::Closed { connections } if self.out.len() >= connections => return,
                Pace::Closed { .. } => ask.at_ns = now_ns,
            }
            self.take_up(ask, now_ns);
            self.next = self.lane.schedule.next();
        }
    }

    fn take_up(&mut self, ask: Ask, now_ns: u64) {
        self.tallied.asked += 1;
        self.issues += u64::from(ask.kind == Kind::Issue);
        self.recorder.asked(ask.kind, ask.at_ns, now_ns);
        let door = self.lane.doors.of(ask.kind) as usize;
        if self.busy[door] < self.lane.bounds.connections {
            self.launch(ask, now_ns);
        } else {
            self.strain.keep_waiting(&mut self.backlogs[door], self.lane.bounds.backlog, &mut self.recorder, ask);
        }
    }

    fn launch(&mut self, ask: Ask, taken_ns: u64) {
        let valid = match self.lane.journeys.compose(&ask, &mut self.outbox) {
            Ok(valid) => valid,
            Err(missing) => return self.strain.missed(&mut self.recorder, &ask, missing),
        };
        let sent_ns = self.now_ns();
        self.recorder.launched(ask.kind, ask.at_ns);
        self.tallied.sent += 1;
        self.recorder.sent(ask.kind, ask.at_ns, taken_ns, sent_ns);
        self.out.insert(ask.index, ask);
        let door = self.lane.doors.of(ask.kind);
        self.busy[door as usize] += 1;
        let request = request(&self.client, &self.lane.doors.at(door).url, &self.outbox);
        let (start, done) = (self.lane.start, self.done.clone());
        tokio::task::spawn_local(async move {
            let answer = answer(request).await;
            let done_ns = start.elapsed().as_nanos() as u64;
            // The receiver is gone when the run was stopped.
            let _ = done.send(Settled { ask, valid, sent_ns, done_ns, answer });
        });
    }

    fn settle(&mut self, settled: Settled) {
        let Settled { ask, valid, sent_ns, done_ns, answer } = settled;
        let outcome = match answer {
            Ok((status, body)) => self.lane.journeys.receive(&ask, valid, status, &body),
            Err(outcome) => outcome,
        };
        self.lane.journeys.settled(&ask);
        self.out.remove(&ask.index);
        self.tallied.answered += u64::from(outcome.answered());
        self.tallied.failed += u64::from(outcome != Outcome::Right);
        self.recorder.settled(ask.kind, ask.at_ns, Some(sent_ns), done_ns, outcome);
        let door = self.lane.doors.of(ask.kind) as usize;
        self.busy[door] -= 1;
        if let Some(ask) = self.backlogs[door].pop() {
            self.launch(ask, ask.at_ns);
        }
    }

    fn is_over(&mut self) -> bool {
        if self.next.is_some() {
            return false;
        }
        let now_ns = self.now_ns();
        if now_ns >= *self.ended_ns.get_or_insert(now_ns) + self.lane.bounds.timeout_ns {
            self.drop_backlog();
        }
        self.out.is_empty() && self.backlogs.iter().all(Backlog::is_empty)
    }

    fn drop_backlog(&mut self) {
        for backlog in &mut self.backlogs {
            self.strain.drop_all(backlog, &mut self.recorder);
        }
    }

    fn tell(&mut self) {
        self.tallied.tell(&self.recorder, self.lane.tally);
    }
}

/// The request whose HTTP/1.1 form stands in `bytes`; none if it has none.
fn request(client: &reqwest::Client, url: &str, bytes: &[u8]) -> Option<reqwest::RequestBuilder> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(body_start)) = parsed.parse(bytes) else { return None };
    let method = reqwest::Method::from_bytes(parsed.method?.as_bytes()).ok()?;
    let mut request = client.request(method, format!("{url}{}", parsed.path?));
    for header in parsed.headers.iter() {
        // These two are the client's own affair.
        if !["host", "content-length"].iter().any(|own| header.name.eq_ignore_ascii_case(own)) {
            request = request.header(header.name, header.value);
        }
    }
    let body = &bytes[body_start..];
    Some(if body.is_empty() { request } else { request.body(body.to_vec()) })
}

async fn answer(request: Option<reqwest::RequestBuilder>) -> Result<(u16, Vec<u8>), Outcome> {
    let befell = |cause: reqwest::Error| match cause.is_timeout() {
        true => Outcome::TimedOut,
        false => Outcome::Failed,
    };
    let answer = request.ok_or(Outcome::Wrong)?.send().await.map_err(befell)?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.map_err(befell)?;
    Ok((status, body.to_vec()))
}
