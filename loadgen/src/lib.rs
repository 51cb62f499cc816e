//! Plays demand against a server, open loop, and measures.
//!
//! In order of use:
//!
//! - [`Target`]: the one server that traffic may go to, at one address or two;
//! - [`Plan`]: what is asked and when: a [`Mix`] of requests at the instants of an arrival process ([`Arrivals`]), a window of a
//!   trace ([`TracePlan`]), or a closed loop;
//! - [`prepare`]: registers the residents and issues the passes that the plan needs, into a [`Wallet`];
//! - [`run`]: plays the plan, and returns a [`LoadResult`]: counts and times by [`Kind`] and second, a [`Verdict`] by the [`Slo`],
//!   [`Warning`]s, and which side was at its [`Limit`];
//! - [`find_capacity`]: raises the offered load until the objectives break ([`PathCapacity`]).
//!
//! Every time is counted from the intended instant of a request; sending never waits for an answer; what could not be sent is
//! counted and fails the objective. `docs/measurement.md` gives the rules with their reasons.
//!
//! The sending path is this crate's own: non-blocking sockets on one poller a thread, requests from prebuilt bytes, no allocation
//! a request. It speaks HTTP/1.1, over TLS to an `https` target, one request at a time on a connection. A request is never repeated, not even when an
//! idle connection turns out to be closed: what a person's phone would show as an error is counted as one.
//!
//! It does not know who the residents are (`sim`), what the rules are (`passes`), how the server works (`reference-server`), or
//! how results are shown (`report`).

mod address;
mod arrival;
mod assessment;
mod backlog;
mod caller;
mod capacity;
mod ceilings;
mod compare;
mod connection;
mod control;
mod doors;
mod engine;
mod error;
mod hgrm;
mod hlog;
mod interface;
mod journeys;
mod judge;
mod kind;
pub mod known;
mod live;
mod logged;
mod merged;
mod multiplexed;
mod phones;
mod plan;
mod poller;
mod ports;
mod prepare;
mod preview;
mod quantiles;
mod random;
mod record;
mod request;
mod response;
mod result;
mod run;
mod schedule;
mod selftest;
mod settings;
mod showing;
mod slo;
mod staff;
mod system;
mod target;
mod tls;
mod transport;
mod verdict;
mod wallet;
mod warning;
mod watch;
pub mod workbench;

pub use address::Address;
pub use arrival::{ArrivalProcess, Arrivals, RatePoint, Spacing};
pub use caller::{Answered, Call, Caller};
pub use capacity::{
    CapacityResult, CapacitySettings, Concurrency, Ended, Estimate, Path, PathCapacity, Phase, Recovery, Search, Step,
    Sweep, UslFit, find_capacity, students_t,
};
pub use ceilings::Ceilings;
pub use compare::{Change, Direction, LEAST_SECONDS, Seconds, compare};
pub use error::LoadError;
pub use interface::{Act, Interface};
pub use kind::Kind;
pub use live::{KindProgress, Progress};
pub use logged::{LoggedInterval, read_hlog};
pub use merged::{Part, merge};
pub use plan::{Mix, Plan, Stream, Streams, TracePlan};
pub use prepare::{Prepared, prepare};
pub use preview::{Preview, preview};
pub use quantiles::{Measure, Quantiles};
pub use record::Counts;
pub use result::{Interval, KindResult, Limit, LoadResult};
pub use run::{Options, run};
pub use selftest::{Check, selftest};
pub use settings::{Client, LoadSettings, RequestsPerConnection};
pub use slo::{KindSlo, Slo};
pub use staff::{NoToken, Staff, StaffToken};
pub use target::{Target, TargetError};
pub use tls::TlsError;
pub use verdict::Verdict;
pub use wallet::{Shard, Wallet};
pub use warning::Warning;
