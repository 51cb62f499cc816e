//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use passes::{Rules, Scheme, TokenKey};
use tokio::sync::Semaphore;

use self::gate::Gate;
use self::metrics::Metrics;
use self::problem::Problem;
use self::rehearsal::Rehearsal;
use self::request_id::RequestIds;
use self::route::Route;
use crate::clock::RunningClock;
use crate::store::{OpenError, Opened, Store};
use crate::{Config, Limits, Staff};

mod admit;
mod checking_in;
mod connections;
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
mod process;
mod qr;
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
    staff: Staff,
    /// Places for those who draw: as many as processors.
    drawing: Semaphore,
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
            staff: config.staff,
            drawing: Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)),
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
        // Bodies are limited where they are read, before a handler sees them.
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(app))
}

fn handler(route: Route, method: MethodFilter) -> MethodRouter<Arc<App>> {
    match route {
        Route::Register => on(method, residents::register),
        Route::RegisterBatch => on(method, residents::register_batch),
        Route::Issue => on(method, issuing::issue),
        Route::Show => on(method, issuing::show),
        Route::QrSvg => on(method, drawing::svg),
        Route::QrPng => on(method, drawing::png),
        Route::Cancel => on(method, issuing::cancel),
        Route::Verify => on(method, verifying::verify),
        Route::CheckIn => on(method, checking_in::check_in),
        Route::LatestCheckIn => on(method, checking_in::latest),
        Route::Keys => on(method, service::keys),
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
