//! `lockgate serve`: the reference server.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use reference_server::{Certificates, Clock, Config, Server, ServerError, StoreKind};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Serve, ServerChoice, Store};
use crate::child::LISTENING;
use crate::database::DatabaseUrl;
use crate::failure::{Ending, bad_input};
use crate::layers::{Layers, Setting};
use crate::operation::Operated;
use crate::scenario::Scenario;
use crate::staff;

/// Runs the server until SIGINT, SIGTERM or, when asked, the end of standard input.
pub(crate) fn run(arguments: &Serve) -> anyhow::Result<Ending> {
    let operation = &arguments.operation;
    let mut layers = Layers::read(operation.settings.clone(), std::env::vars())?;
    let path = |path: &Option<PathBuf>| path.as_ref().map(Setting::show);
    let listen = layers.value("listen", arguments.listen.clone(), "127.0.0.1:8080".to_owned());
    let listen_officers: Option<String> = layers.value("listen_officers", arguments.listen_officers.clone(), None);
    let file: Option<PathBuf> = layers.value("scenario", path(&arguments.scenario), None);
    let scenario = Scenario::read_or_built_in(file.as_deref(), &arguments.changes.set)?;
    let ServerChoice { scheme, store } = arguments.server;
    let scheme = layers.value("scheme", scheme.map(|scheme| scheme.show()), scenario.server.scheme);
    let store = layers.value("store", store.map(|store| store.show()), Store::Embedded);
    let dir = layers.value("data", path(&arguments.data), PathBuf::from("lockgate-data"));
    let database: Option<DatabaseUrl> = layers.value("database_url", arguments.database_url.clone(), None);
    let staff: Option<PathBuf> = layers.value("staff", path(&arguments.staff), None);
    let now: Option<DateTime> = layers.value("now", arguments.now.map(|now| now.show()), None);
    let log_checks = layers.value("log_checks", arguments.log_checks.then(|| "true".to_owned()), false);
    let operated = operation.read(&mut layers);
    let shown = layers.finish()?;
    let Operated { tls, limits, faults, log } = operated?;
    if operation.print_settings {
        print!("{shown}");
        return Ok(Ending::Held);
    }
    log.begin();
    let store = store_kind(store, dir, database)?;
    if arguments.migrate {
        migrate(&store)?;
    }
    if !store.is_durable() {
        eprintln!("lockgate: this store keeps nothing: every pass is lost when the server ends. For benchmarks only.");
    }
    if log_checks {
        eprintln!(
            "lockgate: EVERY CHECK IS WRITTEN DOWN (--log-checks): when, whose pass, by whom and where. Whoever holds the data can tell who was \
             where; /v1/transparency says so to the public."
        );
    }
    if !faults.is_none() {
        eprintln!("lockgate: THIS IS A REHEARSAL: faults are injected on purpose: {faults}");
    }
    let clock = now.map_or(Clock::System, |now| Clock::StartingAt { start_s: scenario.unix_s(now) });
    let config = Config {
        scheme,
        algorithm: scenario.server.algorithm,
        key_period_s: scenario.server.key_period_s(),
        retention_s: scenario.server.retention_s(),
        clock,
        log_checks,
        limits,
        tls,
        faults,
        ..Config::new(store, scenario.rules())
    };
    warn_when_not_in_force(&scenario, now);
    let runtime = Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let addresses = Addresses { all: listen, officers: listen_officers };
    runtime.block_on(serve(&addresses, config, staff.as_deref(), arguments.while_stdin_open))?;
    Ok(Ending::Held)
}

/// The store, with what it needs.
fn store_kind(store: Store, dir: PathBuf, database: Option<DatabaseUrl>) -> anyhow::Result<StoreKind> {
    match (store, database) {
        (Store::Embedded, None) => Ok(StoreKind::Embedded { dir }),
        (Store::Memory, None) => Ok(StoreKind::Memory),
        (Store::Postgres, Some(DatabaseUrl(url))) => Ok(StoreKind::Postgres { url }),
        (Store::Postgres, None) => Err(bad_input(
            "--store postgres: give the database with --database-url postgres://USER:PASSWORD@HOST:PORT/DATABASE",
        )),
        (Store::Embedded | Store::Memory, Some(_)) => {
            Err(bad_input("--database-url belongs to another store: add --store postgres, or leave it out"))
        }
    }
}

/// Brings the tables of the store to this program's version, and says so.
fn migrate(store: &StoreKind) -> anyhow::Result<()> {
    match store.migrate()? {
        Some((before, after)) if before < after => {
            eprintln!("lockgate: the database's tables were of version {before} and are of version {after} now");
        }
        Some((_, after)) => eprintln!("lockgate: the database's tables are of version {after} already"),
        None => return Err(bad_input("--migrate is for --store postgres; other stores make what they need")),
    }
    Ok(())
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

/// Where the server listens.
struct Addresses {
    all: String,
    officers: Option<String>,
}

/// Listens on `address`, which the setting `flag` names.
async fn listen(flag: &str, address: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => bad_input(format!("{flag} {address}: write ADDRESS:PORT, such as 127.0.0.1:8080")),
        _ => anyhow::Error::new(error).context(format!(
            "cannot listen on {address}; another program may use this port: choose another with {flag}, or port 0 for a free one"
        )),
    })?;
    let bound = listener.local_addr().context("cannot tell the server's address")?;
    Ok((listener, bound))
}

/// Whether `address` is one that `bound` takes up.
fn are_one(address: &str, bound: SocketAddr) -> bool {
    let takes_up = |address: SocketAddr| {
        address.port() == bound.port()
            && (address.ip() == bound.ip() || address.ip().is_unspecified() || bound.ip().is_unspecified())
    };
    address.parse().is_ok_and(takes_up)
}

async fn serve(
    addresses: &Addresses,
    mut config: Config,
    staff: Option<&Path>,
    while_stdin_open: bool,
) -> anyhow::Result<()> {
    let (listener, bound) = listen("--listen", &addresses.all).await?;
    let officers = match &addresses.officers {
        Some(address) if are_one(address, bound) => {
            return Err(bad_input(format!(
                "--listen-officers {address}: that is where all are served (--listen); give officers another port, or port 0 for a free one"
            )));
        }
        Some(address) => Some(listen("--listen-officers", address).await?),
        None => None,
    };
    // Anybody is staff only where nobody else can reach either address.
    let exposed = officers.iter().map(|(_, bound)| bound.ip()).find(|address| !address.is_loopback());
    config.staff = staff::of(staff, exposed.unwrap_or(bound.ip()))?;
    // A server that a command starts for itself, on this machine and for as long as it lives, is loaded by that command alone.
    if let Some(warning) = staff::warning(&config.staff).filter(|_| !while_stdin_open) {
        eprintln!("lockgate: {warning}");
    }
    let shutdown = shutdown(while_stdin_open)?;
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let mut server = Server::open(config).map_err(|error| match error {
        ServerError::Tls(error) => bad_input(error),
        other => other.into(),
    })?;
    let reloading = tokio::spawn(reload_at_hangup(server.certificates())?);
    println!("{LISTENING}{scheme}://{bound}");
    if let Some((listener, bound)) = officers {
        server = server.with_officers(listener.into_std().context("cannot hand over the officers' address")?);
        println!("officers at {scheme}://{bound}");
    }
    std::io::stdout().flush()?;
    let served = server.serve(listener, shutdown).await.context("the server ended with an error");
    reloading.abort();
    served
}

/// At every SIGHUP the certificates are read again; a server without any takes no notice.
fn reload_at_hangup(certificates: Option<Certificates>) -> anyhow::Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot listen for signals")?;
    Ok(async move {
        while hangup.recv().await.is_some() {
            match certificates.as_ref().map(Certificates::reload) {
                Some(Ok(())) => tracing::info!("the certificate was read again"),
                Some(Err(error)) => tracing::error!(%error, "the certificate in use stays in use"),
                None => {}
            }
        }
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn officers_need_an_address_that_is_not_taken_up() {
        let bound = "127.0.0.1:8080".parse().unwrap();
        for one in ["127.0.0.1:8080", "0.0.0.0:8080"] {
            assert!(are_one(one, bound), "{one}");
        }
        for another in ["127.0.0.1:8081", "127.0.0.2:8080", "127.0.0.1:0", "nonsense"] {
            assert!(!are_one(another, bound), "{another}");
        }
        assert!(are_one("127.0.0.1:8080", "0.0.0.0:8080".parse().unwrap()), "all addresses are taken up");
    }
}
