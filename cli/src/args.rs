//! What was typed.

mod compact;
mod ledger;
mod load;
mod typed;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use passes::SchemeKind;
use report::{BulkTable, Format};

use crate::operation::Operation;
use crate::source::Change;
pub(crate) use compact::Compact;
pub(crate) use ledger::Ledger;
pub(crate) use load::{Arrivals, Asked, Client, Consent, Load};
pub(crate) use typed::duration;

/// Will this movement-pass system hold when the whole region needs it?
///
/// Lockgate simulates every resident of a region under a pass policy, plays their requests against a pass server, and tells
/// whether it holds, with what headroom, and what residents go through if it does not.
///
/// Start with `lockgate demo`.
#[derive(Debug, Parser)]
#[command(name = "lockgate", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 done and the objectives held; 1 done and an objective failed; 2 bad input; 3 could not run."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Rehearse Nizhny Novgorod's launch day, whole: simulate, serve, find capacity, replay the peak, report
    Demo(Demo),
    /// Simulate the residents' days: trips, passes, checks and the requests they make
    Simulate(Simulate),
    /// Run the reference server, which issues and verifies passes
    Serve(Serve),
    /// Play demand against a server, open loop, and measure
    Load(Load),
    /// Find how much demand a server can bear: knee and usable capacity
    Capacity(Capacity),
    /// Measure servers whose behaviour is known exactly, and say whether this machine measures them as they are
    Selftest,
    /// Turn run folders into one page that can be read anywhere
    Report(Report),
    /// Say what changed from one load run to another (exit code 1 when it became worse by more than the margin), or what another policy
    /// changes: two scenarios, the same people
    Compare(Compare),
    /// Read a scenario and explain it; name every bad key at once
    Check(Check),
    /// Say whether the audit log of a server is whole; exit code 1 when it is not
    Audit(Audit),
    /// Rid the files of a PostgreSQL database of removed rows by writing its tables anew; servers on it wait meanwhile
    Compact(Compact),
    /// Count what servers of several designs could tell of a day: who was where, when and with whom
    Ledger(Ledger),
}

/// What is changed of a scenario before it is read.
#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Set a key of the scenario, such as `behaviour.obey_share=0.5` or `policy.quotas=[]`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<Change>,
}

/// Where results go.
#[derive(Debug, Args)]
pub(crate) struct Output {
    /// The run folder to write; an earlier run there is replaced [default: lockgate-runs/TIME-COMMAND]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Rehearse another scenario instead of the launch of Nizhny Novgorod
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: Changes,
    #[command(flatten)]
    pub(crate) server: ServerChoice,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// The scenario (TOML)
    pub(crate) scenario: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// Another seed than the scenario's
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) seed: Option<i64>,
    /// Make an ensemble: so many runs, with the seed and those that follow it; of each scenario that a sweep makes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: Option<u32>,
    /// Simulate so many residents, every place, the service and bots in proportion, instead of the whole region
    #[arg(long, value_name = "N")]
    pub(crate) residents: Option<u32>,
    /// Simulate so many days
    #[arg(long, value_name = "N")]
    pub(crate) days: Option<u16>,
    /// Hold the model against the figures that were published of these days; exit code 1 when one is out of its band
    #[arg(long, conflicts_with = "days")]
    pub(crate) validate: bool,
    /// How many threads; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// How trips, passes, checks and requests are written: csv, parquet (a sixth of the size) or none (summaries only)
    /// [default: csv; none of an ensemble]
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Write only these, separated by commas: trips, passes, checks, requests, `quarter_hours`, gates. What is not written costs nothing;
    /// summaries are written in any case [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) tables: Option<Vec<BulkTable>>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// An address for officers besides, with verifications and what else a checkpoint needs, which a rush of residents leaves
    /// undisturbed [default: none; the other address serves officers in any case]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen_officers: Option<String>,
    /// The scenario whose policy the server obeys [default: the launch of Nizhny Novgorod]
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: Changes,
    #[command(flatten)]
    pub(crate) server: ServerChoice,
    /// The folder of the embedded store; made when it does not exist [default: lockgate-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The database of the PostgreSQL store, as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; better in the environment
    /// (`LOCKGATE_DATABASE_URL`) or the file, since others see the flags of a process
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Make or renew the tables of the PostgreSQL store first; without it, tables of an older version are an error
    #[arg(long)]
    pub(crate) migrate: bool,
    /// Who verifies, registers in batches and administers: a TOML file of names, roles and digests of tokens (docs/api.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) staff: Option<PathBuf>,
    /// Write every check down: when, whose pass, which officer and, if the device says so, where. Off unless asked for: it is what the
    /// privacy ledger warns of (docs/privacy.md)
    #[arg(long)]
    pub(crate) log_checks: bool,
    /// Pretend that the server starts at this local time of the region, such as 2020-04-04T09:00
    #[arg(long, value_name = "LOCAL TIME")]
    pub(crate) now: Option<jiff::civil::DateTime>,
    /// Stop when standard input closes; for a program that starts the server as its child
    #[arg(long)]
    pub(crate) while_stdin_open: bool,
    #[command(flatten)]
    pub(crate) operation: Operation,
}

/// Which reference server.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ServerChoice {
    /// How passes are made and verified: lookup, signed or blind [default: the scenario's]
    #[arg(long, value_name = "SCHEME")]
    pub(crate) scheme: Option<SchemeKind>,
    /// Where passes are kept [default: embedded]
    #[arg(long, value_enum)]
    pub(crate) store: Option<Store>,
}

/// Where the reference server keeps passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// A database in the data folder: an acknowledged pass survives a crash
    Embedded,
    /// A PostgreSQL database, which several servers may share
    Postgres,
    /// Nowhere: all is lost at the end. For benchmarks only
    Memory,
}

#[derive(Debug, Args)]
pub(crate) struct Capacity {
    /// The scenario (TOML); its SLO is the limit and its simulated demand the yardstick
    pub(crate) scenario: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
    /// The server, as `http://HOST:PORT` [default: a reference server of its own]
    #[arg(long, value_name = "URL")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) consent: Consent,
    #[command(flatten)]
    pub(crate) server: ServerChoice,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    /// Answers of `GET /v1/admin/audit`, one file for each page, in order
    #[arg(value_name = "FILE", conflicts_with_all = ["data", "database_url"])]
    pub(crate) files: Vec<PathBuf>,
    /// Read the log of this folder of the embedded store instead; its server must not be running
    #[arg(long, value_name = "DIR", conflicts_with = "database_url")]
    pub(crate) data: Option<PathBuf>,
    /// Read the log of this PostgreSQL database instead
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// The end of the log as it was noted before from `/v1/transparency`: a log that was made anew since is not whole
    #[arg(long, value_name = "ENTRIES:HASH")]
    pub(crate) head: Option<reference_server::audit::Head>,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// What to compare with: the run folder of a load run, or a scenario (TOML)
    pub(crate) before: PathBuf,
    /// The other load run or scenario; may be left out when `--set` says what is to be other in the scenario
    pub(crate) after: Option<PathBuf>,
    /// Scenarios: set a key of the second one, such as `behaviour.obey_share=0.5`; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<Change>,
    /// Scenarios: how many runs of each, with the same seeds [default: 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: Option<u32>,
    /// Scenarios: simulate the first N days of each only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) days: Option<u16>,
    /// Scenarios: shrink both regions to so many residents
    #[arg(long, value_name = "N")]
    pub(crate) residents: Option<u32>,
    /// One scenario: find the capacity of each of these schemes' servers on this machine, such as `lookup,signed,blind`, and set them side by
    /// side
    #[arg(long, value_name = "SCHEMES", value_delimiter = ',')]
    pub(crate) schemes: Vec<SchemeKind>,
    /// Schemes: where the servers keep passes [default: embedded]
    #[arg(long, value_enum)]
    pub(crate) store: Option<Store>,
    /// Load runs: how much may change before it counts, as a share [default: 0.1]
    #[arg(long, value_name = "SHARE")]
    pub(crate) margin: Option<f64>,
    /// Load runs: write the table into this folder, too, as CSV and Parquet. Scenarios: the run folder [default: lockgate-runs/TIME-compare]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The run folders to tell about: a simulation, a capacity search and a load run, or some of them; or all parts of a load run
    /// that were made with --shard
    #[arg(required = true)]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The scenario (TOML)
    pub(crate) scenario: PathBuf,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
