//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use passes::{Rules, Scheme, TokenKey};

use self::gate::Gate;
use self::metrics::Metrics;
use self::problem::Problem;
use self::revocations::StatusLists;
use self::route::Route;
use crate::clock::RunningClock;
use crate::store::{OpenError, Opened, Store};
use crate::{Config, Limits};

mod admit;
mod checking_in;
mod extract;
mod gate;
mod issuing;
mod metrics;
mod problem;
mod residents;
mod revocations;
mod route;
mod service;
mod showing;
mod verifying;

/// What all requests share.
pub(crate) struct App {
    pub(crate) store: Box<dyn Store>,
    scheme: Scheme,
    status_lists: StatusLists,
    rules: Rules,
    clock: RunningClock,
    token_key: TokenKey,
    limits: Limits,
    gate: Gate,
    metrics: Metrics,
}

impl App {
    pub(crate) fn open(config: Config) -> Result<Self, OpenError> {
        let Opened { store, secret } = config.store.open(config.limits.writes_in_flight)?;
        let settings = config.scheme_settings();
        let scheme = config.scheme.build(&secret.signing_seed(), secret.name_key(), &settings);
        let clock = config.clock.start();
        scheme.issuer.prepare(clock.now_s());
        Ok(App {
            store,
            scheme,
            rules: config.rules,
            clock,
            status_lists: StatusLists::default(),
            token_key: secret.token_key(),
            gate: Gate::new(&config.limits),
            limits: config.limits,
            metrics: Metrics::default(),
        })
    }
}

impl App {
    /// Makes the keys of the time around now.
    pub(crate) fn prepare(&self) {
        self.scheme.issuer.prepare(self.clock.now_s());
    }
}

/// The routes of `docs/api.md`. Each is admitted and counted under its own name.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let admitted = |route: Route, methods: MethodRouter<Arc<App>>| {
        methods.layer(from_fn_with_state((Arc::clone(app), route), admit::admit))
    };
    let batch_limit = DefaultBodyLimit::max(Limits::BATCH_BODY_BYTES);
    Router::new()
        .route("/v1/residents", admitted(Route::Register, post(residents::register)))
        .route(
            "/v1/residents/batch",
            admitted(Route::RegisterBatch, post(residents::register_batch.layer(batch_limit))),
        )
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
        .route("/v1/revocations", admitted(Route::StatusLists, get(revocations::index)))
        .route("/v1/revocations/{list}", admitted(Route::StatusList, get(revocations::list)))
        .route("/health", admitted(Route::Health, get(service::health)))
        .route("/ready", admitted(Route::Ready, get(service::ready)))
        .route("/metrics", admitted(Route::Metrics, get(service::metrics)))
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .fallback(async || Problem::NotFound)
        .layer(DefaultBodyLimit::max(Limits::BODY_BYTES))
        .with_state(Arc::clone(app))
}
