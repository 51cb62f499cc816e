//! What was typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use passes::SchemeKind;
use report::{BulkTable, Format};

use crate::operation::Operation;
use crate::source::Change;

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

/// Against which server.
#[derive(Debug, Args)]
pub(crate) struct TargetChoice {
    /// The server, as `http://HOST:PORT`
    #[arg(long, value_name = "URL")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// Traffic goes only to hosts the user operates.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Confirm that you operate the target's host; needed for every host but this one, and kept in the run's record
    #[arg(long = "i-operate-this-target", value_name = "HOST")]
    pub(crate) operated: Vec<String>,
    /// Believe the certificate authorities in this file (PEM) when the target is https [default: those that this machine believes]
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Allow so many requests a second of a host other than this one
    #[arg(long, value_name = "PER SECOND", default_value_t = loadgen::Ceilings::default().rate_per_s)]
    pub(crate) rate_ceiling: f64,
    /// Allow a run to last so long against a host other than this one [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) duration_ceiling: Option<Duration>,
    /// How the target is spoken to: a file with a [target] section [default: the scenario's, else the reference server's interface]
    #[arg(long, value_name = "FILE")]
    pub(crate) target_file: Option<PathBuf>,
    /// Verify with the officer's token in this file: `{officer_token}` in a target file. It is kept in no record
    #[arg(long, value_name = "FILE")]
    pub(crate) officer_token: Option<PathBuf>,
    /// Register residents with the operator's token in this file: `{operator_token}` in a target file. It is kept in no record
    #[arg(long, value_name = "FILE")]
    pub(crate) operator_token: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// The scenario whose simulated demand is played [default for --rate, --get and --trace: the launch of Nizhny Novgorod]
    pub(crate) scenario: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) changes: Changes,
    #[command(flatten)]
    pub(crate) target: TargetChoice,
    /// Play this trace (CSV) instead of simulating one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rate", "closed", "curve", "stream"])]
    pub(crate) trace: Option<PathBuf>,
    /// Where in the trace to start, as hours and minutes since its first midnight, such as 36:05 [default: its busiest stretch]
    #[arg(long, value_name = "HH:MM")]
    pub(crate) window: Option<ClockTime>,
    /// Play the trace so many times faster than it happened, up to 10000
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) speed: f64,
    /// Offer this mean number of requests a second instead of a trace
    #[arg(long, value_name = "PER SECOND", allow_negative_numbers = true)]
    pub(crate) rate: Option<f64>,
    /// Offer a rate that changes: times and rates between which it goes in straight lines, such as 0s:50,30s:400,60s:400
    #[arg(long, value_name = "TIME:RATE,...", conflicts_with_all = ["rate", "closed", "stream"])]
    pub(crate) curve: Option<Curve>,
    /// Offer several kinds of request at once, each at a mean rate of its own, such as --stream issue=50 --stream verify=200
    #[arg(long, value_name = "KIND=RATE", conflicts_with_all = ["rate", "closed"])]
    pub(crate) stream: Vec<StreamChoice>,
    /// How requests come at --rate and in each --stream
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson)]
    pub(crate) arrivals: Arrivals,
    /// What is asked at --rate, --curve or --closed
    #[arg(long, value_enum, default_value_t = Asked::Issue)]
    pub(crate) kind: Asked,
    /// Send plain GETs of this path instead; any answer 200 is right. The baseline of a target
    #[arg(long, value_name = "PATH")]
    pub(crate) get: Option<String>,
    /// Keep N connections busy instead of keeping a schedule: a closed loop, for saturation only; it never becomes a capacity
    #[arg(long, value_name = "N", conflicts_with = "rate")]
    pub(crate) closed: Option<usize>,
    /// For how long, such as 30s or 5m [default: the scenario's]
    #[arg(long, value_parser = duration)]
    pub(crate) duration: Option<Duration>,
    /// Judge by the [slo] section of this file instead of the scenario's
    #[arg(long, value_name = "FILE")]
    pub(crate) slo: Option<PathBuf>,
    /// Print the first N requests byte for byte, and send nothing
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    pub(crate) dry_run: Option<usize>,
    /// Play one of several disjoint parts of the schedule, such as 2/3; `lockgate report` joins the runs of all parts
    #[arg(long, value_name = "I/N", default_value = "1/1", conflicts_with = "closed")]
    pub(crate) shard: ShardChoice,
    /// Send the first request at this instant, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) start_at: Option<jiff::Timestamp>,
    /// Serve what is known by now in Prometheus' format at this address while the run goes on
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) metrics_listen: Option<std::net::SocketAddr>,
    /// Sending threads [default: half the cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// What makes the requests [default: the engine's own client, HTTP/1.1]
    #[arg(long, value_enum)]
    pub(crate) client: Option<Client>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What makes the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Client {
    /// The engine's own: HTTP/1.1, exact to microseconds
    Lean,
    /// For targets that need HTTP/2 over TLS; costs several times the processor time, and shows it
    Reqwest,
    /// The same without TLS: HTTP/2 from the first byte
    H2c,
}

/// How requests come at a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arrivals {
    /// One exactly after the other
    Constant,
    /// Each independent of the others, as people do
    Poisson,
}

/// What is asked at a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Asked {
    /// Ask for passes
    Issue,
    /// Verify passes that were issued before
    Verify,
    /// Check in as patients at home
    CheckIn,
    /// Register
    Register,
    /// Give passes back
    Cancel,
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

/// Hours and minutes since a first midnight; hours may pass 24.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockTime {
    /// Milliseconds since that midnight.
    pub(crate) ms: u64,
}

impl std::str::FromStr for ClockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(hours, minutes)| {
            let minutes = minutes.parse::<u64>().ok().filter(|minutes| *minutes < 60)?;
            Some(hours.parse::<u64>().ok().filter(|hours| *hours < 10_000)? * 60 + minutes)
        });
        let minutes = parts.ok_or("write hours and minutes since the first midnight, such as 36:05")?;
        Ok(ClockTime { ms: minutes * 60_000 })
    }
}

/// A curve of rates, as typed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve(pub(crate) Vec<loadgen::RatePoint>);

impl std::str::FromStr for Curve {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write times and rates, the first time 0s, such as 0s:50,30s:400".to_owned();
        let point = |part: &str| {
            let (at, rate) = part.split_once(':')?;
            let at: jiff::SignedDuration = at.parse().ok()?;
            Some(loadgen::RatePoint { at_s: at.as_secs_f64(), rate_per_s: rate.parse().ok()? })
        };
        text.split(',').map(|part| point(part.trim()).ok_or_else(wrong)).collect::<Result<_, _>>().map(Curve)
    }
}

/// One kind of request and its rate, as typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StreamChoice {
    pub(crate) kind: loadgen::Kind,
    pub(crate) rate_per_s: f64,
}

impl std::str::FromStr for StreamChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('=').and_then(|(kind, rate)| {
            let kind = kind.replace('-', "_");
            let kind = loadgen::Kind::ALL.into_iter().find(|known| known.name() == kind)?;
            Some(StreamChoice { kind, rate_per_s: rate.parse().ok()? })
        });
        let kinds = loadgen::Kind::ALL.map(loadgen::Kind::name).join(", ");
        parts.ok_or_else(|| format!("write a kind of request and its rate, such as issue=50; the kinds are {kinds}"))
    }
}

/// A part of a schedule, as typed: 2/3 is the second of three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardChoice(pub(crate) loadgen::Shard);

impl std::str::FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(index, of)| {
            let (index, of) = (index.parse::<u32>().ok()?, of.parse::<u32>().ok()?);
            (1..=of).contains(&index).then(|| loadgen::Shard { index: index - 1, of })
        });
        parts.map(ShardChoice).ok_or_else(|| "write which part of how many, such as 1/3, 2/3 or 3/3".to_owned())
    }
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time with its unit, such as 30s, 5m or 500ms".to_owned();
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(duration).ok().filter(|duration| !duration.is_zero()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_read_with_their_units() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert!(duration("-5s").is_err() && duration("0s").is_err() && duration("5").is_err());
        assert_eq!("36:05".parse(), Ok(ClockTime { ms: (36 * 60 + 5) * 60_000 }));
        let point = |at_s, rate_per_s| loadgen::RatePoint { at_s, rate_per_s };
        assert_eq!("0s:5, 1m:7.5".parse(), Ok(Curve(vec![point(0.0, 5.0), point(60.0, 7.5)])));
        assert!("0s:5,7".parse::<Curve>().is_err());
    }

    #[test]
    fn parts_and_streams_are_read() {
        assert_eq!("2/3".parse(), Ok(ShardChoice(loadgen::Shard { index: 1, of: 3 })));
        assert!(["0/3", "4/3", "1", "a/b"].into_iter().all(|text| text.parse::<ShardChoice>().is_err()));
        assert_eq!("check-in=2".parse(), Ok(StreamChoice { kind: loadgen::Kind::CheckIn, rate_per_s: 2.0 }));
        assert!("isue=2".parse::<StreamChoice>().unwrap_err().contains("register, issue"));
        assert!("36:70".parse::<ClockTime>().is_err() && "noon".parse::<ClockTime>().is_err());
    }
}
