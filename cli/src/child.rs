//! A reference server of our own, as a child process.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use demand::SimTime;
use loadgen::Target;
use report::record::ServerRecord;

use crate::args::{ServerChoice, Store};
use crate::failure::bad_input;
use crate::layers::PREFIX;
use crate::scenario::Scenario;

/// What the child prints before the address it listens on.
pub(crate) const LISTENING: &str = "listening on ";
/// So long it may take to end, finishing the requests in flight.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a server of our own is to run: for which scenario, of which kind, and in which folder it keeps its data meanwhile.
pub(crate) struct ServerSeat<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) choice: ServerChoice,
    pub(crate) beside: &'a Path,
}

impl ServerSeat<'_> {
    /// Runs `work` against a fresh server whose clock shows `at` when it starts. Its data is removed afterwards: it is the
    /// database of people who do not exist.
    pub(crate) fn with<T>(&self, at: SimTime, work: impl FnOnce(&Target) -> anyhow::Result<T>) -> anyhow::Result<T> {
        // On the same disk as the results, since on a disk in memory durable writes would cost nothing.
        let data = self.beside.join("server-data");
        let server = ChildServer::start(self.command(at, &data)?)?;
        let target = Target::parse(&server.url, &[]).context("our own server has a strange address")?;
        let done = work(&target);
        drop(server);
        // Left-over data harms nobody, and must not spoil the result.
        let _ = std::fs::remove_dir_all(&data);
        done
    }

    /// Of which kind the server is.
    pub(crate) fn kind(&self) -> ServerRecord {
        let store = match self.choice.store {
            None | Some(Store::Embedded) => "embedded",
            Some(Store::Memory) => "memory",
            Some(Store::Postgres) => "postgres",
        };
        let scheme = self.choice.scheme.unwrap_or(self.scenario.server.scheme);
        ServerRecord { scheme: scheme.name().to_owned(), store: store.to_owned() }
    }

    fn command(&self, at: SimTime, data: &Path) -> anyhow::Result<Command> {
        let program = std::env::current_exe().context("cannot find the program itself to start the server with")?;
        let mut command = Command::new(program);
        // It is to be as it is told here, whatever the settings of another server are.
        let settings = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(PREFIX));
        for (name, _) in settings {
            command.env_remove(name);
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--while-stdin-open"]);
        let ServerRecord { scheme, store } = self.kind();
        if self.choice.store == Some(Store::Postgres) {
            return Err(bad_input(
                "--store postgres: a server of our own begins empty; start `lockgate serve --store postgres` on a database \
                     for this purpose and name it with --target",
            ));
        }
        command.args(["--scheme", &scheme, "--store", &store]);
        command.args(["--now", &self.scenario.calendar.civil(at).to_string()]);
        command.arg("--data").arg(data);
        if let Some(scenario) = &self.scenario.file {
            command.arg("--scenario").arg(scenario);
        }
        for change in self.scenario.source.changes() {
            command.arg("--set").arg(change.typed());
        }
        Ok(command)
    }
}

/// A running `lockgate serve`, which ends when this value does: it watches its standard input, so that it is gone even when we
/// are killed.
struct ChildServer {
    process: Child,
    url: String,
}

impl ChildServer {
    /// Starts the server and waits until it listens.
    fn start(mut command: Command) -> anyhow::Result<Self> {
        // Its own process group: Ctrl-C reaches us alone, and we end the server when we have finished with it.
        let mut process = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the reference server")?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line).context("cannot read what the server prints")?;
        }
        match line.trim_end().strip_prefix(LISTENING) {
            Some(url) => Ok(ChildServer { url: url.to_owned(), process }),
            None => {
                let status = process.wait().context("cannot wait for the server")?;
                bail!("the reference server did not start ({status}); what it said stands above")
            }
        }
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if !matches!(self.process.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // It hangs; nothing that it could still say would be believed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
