//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use passes::{Rules, Scheme, TokenKey};
use tokio::sync::Semaphore;

use self::gate::Gate;
use self::metrics::Metrics;
use self::problem::Problem;
use self::revocations::StatusLists;
use self::route::Route;
use crate::clock::RunningClock;
use crate::store::{OpenError, Opened, Store};
use crate::{Config, Limits, Staff};

mod admit;
mod checking_in;
mod describe;
mod drawing;
mod extract;
mod gate;
mod issuing;
mod metrics;
mod openapi;
mod operation;
mod pages;
mod problem;
mod qr;
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
    staff: Staff,
    /// Places for those who draw: as many as processors.
    drawing: Semaphore,
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
            staff: config.staff,
            drawing: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
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

/// Every [`Route`] where its [operation](Route::operation) says, admitted and counted under its own name.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let routes = Route::ALL.into_iter().fold(Router::new(), |router, route| {
        let operation = route.operation();
        let admitted =
            handler(route, operation.verb.filter()).layer(from_fn_with_state((Arc::clone(app), route), admit::admit));
        router.route(operation.path, admitted)
    });
    routes
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .fallback(async || Problem::NotFound)
        .layer(DefaultBodyLimit::max(Limits::BODY_BYTES))
        .with_state(Arc::clone(app))
}

fn handler(route: Route, method: MethodFilter) -> MethodRouter<Arc<App>> {
    match route {
        Route::Register => on(method, residents::register),
        Route::RegisterBatch => {
            on(method, residents::register_batch.layer(DefaultBodyLimit::max(Limits::BATCH_BODY_BYTES)))
        }
        Route::Issue => on(method, issuing::issue),
        Route::Show => on(method, issuing::show),
        Route::QrSvg => on(method, drawing::svg),
        Route::QrPng => on(method, drawing::png),
        Route::Cancel => on(method, issuing::cancel),
        Route::Verify => on(method, verifying::verify),
        Route::CheckIn => on(method, checking_in::check_in),
        Route::LatestCheckIn => on(method, checking_in::latest),
        Route::Keys => on(method, service::keys),
        Route::StatusLists => on(method, revocations::index),
        Route::StatusList => on(method, revocations::list),
        Route::Time => on(method, service::time),
        Route::ResidentPage => on(method, pages::resident),
        Route::OfficerPage => on(method, pages::officer),
        Route::OfficerWorker => on(method, pages::officer_worker),
        Route::PageFile => on(method, pages::file),
        Route::OpenApi => on(method, openapi::openapi),
        Route::Health => on(method, service::health),
        Route::Ready => on(method, service::ready),
        Route::Metrics => on(method, service::metrics),
    }
}
