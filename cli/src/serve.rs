//! `lockgate serve`: the reference server.

use std::io::{Read, Write};

use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use reference_server::{Clock, Config, Server, StoreKind};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Serve, Store};
use crate::child::LISTENING;
use crate::failure::{Ending, bad_input};
use crate::scenario::Scenario;
use crate::staff;

/// Runs the server until SIGINT, SIGTERM or, when asked, the end of standard input.
pub(crate) fn run(arguments: &Serve) -> anyhow::Result<Ending> {
    let scenario = Scenario::read_or_built_in(arguments.scenario.as_deref(), &arguments.changes.set)?;
    let store = match arguments.server.store {
        Store::Embedded => StoreKind::Embedded { dir: arguments.data.clone() },
        Store::Memory => StoreKind::Memory,
    };
    if !store.is_durable() {
        eprintln!("lockgate: this store keeps nothing: every pass is lost when the server ends. For benchmarks only.");
    }
    let mut config = Config::new(store, scenario.rules());
    config.scheme = arguments.server.scheme.unwrap_or(scenario.server.scheme);
    config.algorithm = scenario.server.algorithm;
    config.key_period_s = scenario.server.key_period_s();
    config.retention_s = scenario.server.retention_s();
    if let Some(now) = arguments.now {
        config.clock = Clock::StartingAt { start_s: scenario.unix_s(now) };
    }
    warn_when_not_in_force(&scenario, arguments.now);
    let runtime = tokio::runtime::Runtime::new().context("cannot start the server's threads")?;
    runtime.block_on(serve(arguments, config))?;
    Ok(Ending::Held)
}

/// A policy of April 2020 issues nothing today; whoever starts its server today should know before the first refusal.
fn warn_when_not_in_force(scenario: &Scenario, now: Option<DateTime>) {
    let policy = &scenario.policy;
    let utc_offset = Offset::from_seconds(scenario.calendar.utc_offset_s()).unwrap_or(Offset::UTC);
    let now = now.unwrap_or_else(|| utc_offset.to_datetime(Timestamp::now()));
    if now < policy.from || now >= policy.until {
        eprintln!(
            "lockgate: no passes will be issued: the policy is in force from {} until {}, and the server's clock shows {:.0}. \
             Pretend another time with --now {}.",
            policy.from, policy.until, now, policy.from
        );
    }
}

async fn serve(arguments: &Serve, mut config: Config) -> anyhow::Result<()> {
    let address = &arguments.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => bad_input(format!("--listen {address}: write ADDRESS:PORT, such as 127.0.0.1:8080")),
        _ => anyhow::Error::new(error).context(format!(
            "cannot listen on {address}; another program may use this port: choose another with --listen, or port 0 for a free one"
        )),
    })?;
    let bound = listener.local_addr().context("cannot tell the server's address")?;
    config.staff = staff::of(arguments.staff.as_deref(), bound.ip())?;
    if let Some(warning) = staff::warning(&config.staff) {
        eprintln!("lockgate: {warning}");
    }
    let shutdown = shutdown(arguments.while_stdin_open)?;
    let server = Server::open(config)?;
    println!("{LISTENING}http://{bound}");
    std::io::stdout().flush()?;
    server.serve(listener, shutdown).await.context("the server ended with an error")
}

/// Ends at the first of SIGINT, SIGTERM and, when asked, the end of standard input.
fn shutdown(while_stdin_open: bool) -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    let (closed, stdin_closed) = tokio::sync::oneshot::channel::<()>();
    if while_stdin_open {
        // A thread of its own: reading standard input cannot be cancelled, and must not hold up the end of the runtime.
        std::thread::spawn(move || {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            let _ = closed.send(());
        });
    }
    let parent_gone = async move {
        match while_stdin_open {
            true => drop(stdin_closed.await),
            false => std::future::pending().await,
        }
    };
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = parent_gone => {}
        }
    })
}
