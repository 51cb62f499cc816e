//! Issues and verifies passes over HTTP.
//!
//! In order of use:
//!
//! - [`Config`]: the scheme, the store, the rules, the clock, the staff and the limits of a server;
//! - [`run`]: serves on a listener until it is told to stop, then finishes what it began and flushes the store;
//! - [`audit`]: the chained log of administrators' acts, and whether it was changed;
//! - [`Staff`]: who verifies, registers in batches and administers;
//! - [`Store`], [`StoreKind`]: the seam behind which residents and passes are kept, for tests and benchmarks.
//! - [`Faults`]: what is to go wrong in a rehearsal;
//! - [`raw`]: a database file as anybody can read it who knows nothing of its tables.
//!
//! The interface on the wire is described in `docs/api.md`; its bodies are [`passes::wire`], the rules it obeys [`passes::Rules`].
//!
//! It does not know the simulated region or the load that comes. It keeps no name, address, route or document number, and writes
//! nothing when an officer verifies a pass, unless its operator has checks logged ([`Config::log_checks`]).

pub mod audit;
mod clock;
mod config;
mod faults;
mod http;
mod kept;
mod random;
pub mod raw;
mod retention;
mod secret;
mod server;
mod staff;
pub mod store;

pub use clock::{Clock, SetClock};
pub use config::{Config, Limits};
pub use faults::{BadFault, Faults};
pub use secret::Secret;
pub use server::{Certificates, Server, ServerError, TlsError, TlsFiles, run};
pub use staff::{Member, Role, Staff, StaffFault};
pub use store::{Store, StoreKind};
