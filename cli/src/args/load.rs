//! What is typed of a load run: against which server, what, when.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::typed::{ClockTime, Curve, ShardChoice, StreamChoice, duration};
use super::{Changes, Output};

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
    /// Send verifications to this address of the same server, as `http://HOST:PORT`: that of `lockgate serve --listen-officers`
    /// [default: to the target like everything else]
    #[arg(long, value_name = "URL", requires = "target")]
    pub(crate) officers: Option<String>,
    /// Confirm that you operate the target's host; needed for every host but this one, that of the officers included, and kept in
    /// the run's record
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
