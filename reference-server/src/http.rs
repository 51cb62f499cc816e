//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use passes::{Rules, Scheme, TokenKey};

use self::gate::Gate;
use self::metrics::Metrics;
use self::problem::Problem;
use self::rehearsal::Rehearsal;
use self::request_id::RequestIds;
use self::route::Route;
use crate::clock::RunningClock;
use crate::store::{OpenError, Opened, Store};
use crate::{Config, Limits};

mod admit;
mod checking_in;
mod connections;
mod extract;
mod gate;
mod issuing;
mod metrics;
mod problem;
mod process;
mod rehearsal;
mod request_id;
mod residents;
mod route;
#[cfg(test)]
mod rush;
mod service;
mod verifying;

pub(crate) use admit::OVERLOADED_CONNECTION;
pub(crate) use connections::CutOff;

/// What all requests share.
pub(crate) struct App {
    pub(crate) store: Box<dyn Store>,
    scheme: Scheme,
    rules: Rules,
    clock: RunningClock,
    token_key: TokenKey,
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
    pub(crate) metrics: Metrics,
    request_ids: RequestIds,
    turned_away: AtomicU64,
    rehearsal: Option<Rehearsal>,
}

impl App {
    pub(crate) fn open(config: Config) -> Result<Self, OpenError> {
        let Opened { store, secret } = config.store.open(config.limits.writes_in_flight)?;
        Ok(App {
            store,
            scheme: config.scheme.build(&secret.signing_seed()),
            rules: config.rules,
            clock: config.clock.start(),
            token_key: secret.token_key(),
            gate: Gate::new(&config.limits),
            limits: config.limits,
            metrics: Metrics::default(),
            request_ids: RequestIds::new(random_word().map_err(OpenError::Random)?),
            turned_away: AtomicU64::default(),
            rehearsal: Rehearsal::begin(config.faults),
        })
    }
}

fn random_word() -> Result<u64, getrandom::Error> {
    let mut word = [0; 8];
    getrandom::fill(&mut word)?;
    Ok(u64::from_ne_bytes(word))
}

/// The routes of `docs/api.md`. Each is admitted and counted under its own name.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let admitted = |route: Route, methods: MethodRouter<Arc<App>>| {
        methods.layer(from_fn_with_state((Arc::clone(app), route), admit::admit))
    };
    Router::new()
        .route("/v1/residents", admitted(Route::Register, post(residents::register)))
        .route("/v1/residents/batch", admitted(Route::RegisterBatch, post(residents::register_batch)))
        .route("/v1/passes", admitted(Route::Issue, post(issuing::issue)))
        .route(
            "/v1/passes/{pass}",
            admitted(Route::Show, get(issuing::show)).merge(admitted(Route::Cancel, delete(issuing::cancel))),
        )
        .route("/v1/verifications", admitted(Route::Verify, post(verifying::verify)))
        .route(
            "/v1/check-ins",
            admitted(Route::CheckIn, post(checking_in::check_in))
                .merge(admitted(Route::LatestCheckIn, get(checking_in::latest))),
        )
        .route("/v1/keys", admitted(Route::Keys, get(service::keys)))
        .route("/health", admitted(Route::Health, get(service::health)))
        .route("/ready", admitted(Route::Ready, get(service::ready)))
        .route("/metrics", admitted(Route::Metrics, get(service::metrics)))
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .fallback(async || Problem::NotFound)
        // Bodies are limited where they are read, before a handler sees them.
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(app))
}
