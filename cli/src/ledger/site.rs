//! A server of our own whose clock we set, and all that can be seen of it: the bytes of its folder, and what it answers an
//! administrator.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use loadgen::{Call, Caller, Target};
use passes::wire::Transparency;
use passes::{Rules, SchemeKind};
use reference_server::{Clock, Config, Limits, Member, Role, Server, SetClock, Staff, StoreKind, raw};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::answers;
use super::auditor::Snapshot;
use crate::scenario::Scenario;

/// So long a removal of what is due may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// A server removes what is due at least so often, in seconds of its clock.
const LONGEST_INTERVAL_S: i64 = 3_600;
const ADMINISTRATORS: [&str; 2] = ["administrator-of-the-ledger-1", "administrator-of-the-ledger-2"];

/// What the server is to be.
pub(super) struct Plan<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) rules: Rules,
    pub(super) scheme: SchemeKind,
    pub(super) log_checks: bool,
    pub(super) officers: u32,
    pub(super) start_s: i64,
}

/// A running server.
pub(super) struct Site {
    pub(super) caller: Caller,
    pub(super) clock: SetClock,
    dir: PathBuf,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), reference_server::ServerError>>,
}

/// What was seen of a server at one moment.
pub(super) struct Look {
    /// Its tables, and the answers of its interface as tables.
    pub(super) snapshot: Snapshot,
    /// Rows of the tables alone.
    pub(super) rows: u64,
    /// The bytes of its files.
    pub(super) files: Vec<Vec<u8>>,
}

/// The token of the officer with this number.
pub(super) fn officer_token(officer: u32) -> String {
    format!("token-of-the-officer-{officer}")
}

impl Site {
    /// Starts a server on an empty folder.
    pub(super) async fn start(plan: Plan<'_>, dir: &Path) -> anyhow::Result<Self> {
        let server = plan.scenario.server;
        let clock = SetClock::new(plan.start_s);
        let config = Config {
            scheme: plan.scheme,
            algorithm: server.algorithm,
            key_period_s: server.key_period_s(),
            retention_s: server.retention_s(),
            clock: Clock::Set(clock.clone()),
            log_checks: plan.log_checks,
            staff: staff(plan.officers)?,
            // Nobody is sent away: what is counted is what is kept, not how fast.
            limits: Limits { wait: Limits::default().request_timeout, ..Limits::default() },
            ..Config::new(StoreKind::Embedded { dir: dir.to_owned() }, plan.rules)
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on this machine")?;
        let target = Target::parse(&format!("http://{}", listener.local_addr()?), &[])?;
        let server = Server::open(config)?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(listener, async { drop(stopped.await) }));
        Ok(Site { caller: Caller::new(&target)?, clock, dir: dir.to_owned(), stop, serving })
    }

    /// Stops the server and removes its folder: the database of people who do not exist.
    pub(super) async fn end(self) -> anyhow::Result<()> {
        let Site { stop, serving, dir, .. } = self;
        let _ = stop.send(());
        serving.await.context("the server failed")??;
        // Left-over data harms nobody, and must not spoil the result.
        let _ = fs::remove_dir_all(dir);
        Ok(())
    }

    /// Sets the clock to `now_s` and waits until the server has removed what is due then.
    pub(super) async fn move_to(&self, now_s: i64) -> anyhow::Result<()> {
        self.clock.set(now_s);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let removed_s = self.transparency().await?.retention.last_removal_s;
            if removed_s.is_some_and(|removed_s| removed_s >= now_s) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("the server did not remove what was due")
    }

    /// Sets the clock to `now_s`; where that makes a removal due, waits until it is done.
    pub(super) async fn move_to_when_due(&self, now_s: i64) -> anyhow::Result<()> {
        let last_s = self.transparency().await?.retention.last_removal_s;
        // A removal comes every hour at most.
        if last_s.is_none_or(|last_s| now_s >= last_s + LONGEST_INTERVAL_S) {
            return self.move_to(now_s).await;
        }
        self.clock.set(now_s);
        Ok(())
    }

    /// What the server tells the public.
    pub(super) async fn transparency(&self) -> anyhow::Result<Transparency> {
        let answer = self.caller.call::<()>(Call::Get, "/v1/transparency", None, None).await?;
        answer.read().context("the server says nothing of itself")
    }

    /// Looks at all that is there.
    pub(super) async fn look(&self) -> anyhow::Result<Look> {
        let (mut tables, mut files) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&self.dir).context("cannot read the server's folder")? {
            let path = entry?.path();
            let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
            if raw::is_database(&bytes) {
                tables.extend(raw::read_tables(&path).with_context(|| path.display().to_string())?);
            }
            files.push(bytes);
        }
        let rows = tables.iter().map(|table| table.rows.len() as u64).sum();
        for path in self.readable().await? {
            let answer = self.caller.call::<()>(Call::Get, &path, Some(ADMINISTRATORS[0]), None).await?;
            if let Some(value) = answer.read::<Value>() {
                tables.extend(answers::tables(&path, &value));
            }
        }
        Ok(Look { snapshot: Snapshot { tables }, rows, files })
    }

    /// Everything that can be asked for without naming anybody, as the interface describes itself.
    async fn readable(&self) -> anyhow::Result<Vec<String>> {
        const DESCRIPTION: &str = "/openapi.json";
        let described = self.caller.call::<()>(Call::Get, DESCRIPTION, None, None).await?;
        let described: Value = described.read().context("the interface does not describe itself")?;
        let paths = described["paths"].as_object().context("the interface has no paths")?;
        let asked = |(path, verbs): (&String, &Value)| {
            (verbs.get("get").is_some() && !path.contains('{') && path != DESCRIPTION).then(|| path.clone())
        };
        let paths: Vec<String> = paths.iter().filter_map(asked).collect();
        ensure!(!paths.is_empty(), "the interface has nothing to read");
        Ok(paths)
    }
}

fn staff(officers: u32) -> anyhow::Result<Staff> {
    let officers = (0..officers)
        .map(|officer| Member::with_token(&format!("officer {officer}"), Role::Officer, &officer_token(officer)));
    let administrators = ADMINISTRATORS.map(|token| Member::with_token(token, Role::Administrator, token));
    let members: Vec<Member> = officers.chain(administrators).collect();
    Staff::new(&members)
        .map_err(|faults| anyhow::anyhow!("{}", faults.iter().map(ToString::to_string).collect::<String>()))
}
