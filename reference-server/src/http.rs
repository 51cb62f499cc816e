//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use passes::{Rules, Scheme, SchemeKind, TokenKey};
use tokio::sync::Semaphore;

use self::door::Whose;
use self::guesses::Guesses;
use self::metrics::Metrics;
use self::outcomes::Outcomes;
use self::problem::Problem;
use self::rehearsal::Rehearsal;
use self::request_id::RequestIds;
use self::revocations::StatusLists;
use self::route::Route;
use self::signers::Signers;
use crate::clock::RunningClock;
use crate::retention::Retention;
use crate::store::{Act, OpenError, Opened, Store, StoreError};
use crate::{Config, Limits, Staff};

mod administration;
mod admit;
mod checking_in;
mod connections;
mod describe;
mod door;
mod drawing;
mod extract;
mod gate;
mod guesses;
mod issuing;
mod metrics;
mod openapi;
mod operation;
mod outcomes;
mod pages;
mod problem;
mod process;
mod qr;
mod rehearsal;
mod request_id;
mod residents;
mod revocations;
mod route;
#[cfg(test)]
mod rush;
mod service;
mod showing;
mod signers;
mod transparency;
mod verifying;

pub(crate) use admit::{OVERLOADED_CONNECTION, Pause, Stale};
pub(crate) use connections::CutOff;
pub(crate) use door::Door;

/// What all requests share.
pub(crate) struct App {
    pub(crate) store: Box<dyn Store>,
    scheme: Scheme,
    status_lists: StatusLists,
    scheme_kind: SchemeKind,
    pub(crate) rules: Rules,
    pub(crate) clock: RunningClock,
    pub(crate) retention: Retention,
    /// Whether checks are written down.
    log_checks: bool,
    started_s: i64,
    outcomes: Outcomes,
    guesses: Guesses,
    token_key: TokenKey,
    staff: Staff,
    /// Places for those who draw: as many as processors.
    drawing: Semaphore,
    /// Where signatures take long.
    signers: Option<Signers>,
    pub(crate) limits: Limits,
    pub(crate) front: Arc<Door>,
    /// The officers' own, if they have one.
    pub(crate) post: Arc<Door>,
    pub(crate) metrics: Metrics,
    request_ids: RequestIds,
    turned_away: AtomicU64,
    rehearsal: Option<Rehearsal>,
}

impl App {
    pub(crate) fn open(config: Config) -> Result<Self, OpenError> {
        // One place more than requests may take: removing what is due takes no place from them.
        let Opened { store, secret } = config.store.open(config.limits.writes_in_flight + 1)?;
        let settings = config.scheme_settings();
        let scheme = config.scheme.build(&secret.signing_seed(), secret.name_key(), &settings);
        let clock = config.clock.start();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let signs = config.scheme == SchemeKind::Blind;
        let signers = if signs { Some(Signers::start(cores).map_err(OpenError::Thread)?) } else { None };
        scheme.issuer.prepare(clock.now_s());
        Ok(App {
            store,
            scheme,
            scheme_kind: config.scheme,
            status_lists: StatusLists::default(),
            retention: Retention::new(config.retention_s, &config.rules),
            rules: config.rules,
            log_checks: config.log_checks,
            started_s: clock.now_s(),
            clock,
            outcomes: Outcomes::default(),
            guesses: Guesses::default(),
            token_key: secret.token_key(),
            staff: config.staff,
            drawing: Semaphore::new(cores),
            front: Arc::new(Door::new(Whose::Everybody, &config.limits, if signs { cores } else { 0 })),
            post: Arc::new(Door::new(Whose::Officers, &config.limits, 0)),
            signers,
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

impl App {
    /// Notes in the audit log with which staff and settings the server starts: who puts another administrator on the list is seen, too. A
    /// server that is open to all has no administrators, and no log.
    pub(crate) async fn note_start(&self) -> Result<(), StoreError> {
        if self.staff.is_open() {
            return Ok(());
        }
        let detail = format!(
            "scheme {}; retention {} s; sunset {}; checks logged: {}; staff {}; administrators {}",
            self.scheme_kind.name(),
            self.retention.passes_s(),
            self.rules.in_force_for().until_s,
            if self.log_checks { "yes" } else { "no" },
            self.staff.digest(),
            self.staff.administrators().join(", ")
        );
        self.store.act(Act::Start { at_s: self.clock.now_s(), detail }).await.map(drop)
    }

    pub(crate) const fn scheme_name(&self) -> &'static str {
        self.scheme_kind.name()
    }

    /// Makes the keys of the time around now.
    pub(crate) fn prepare(&self) {
        self.scheme.issuer.prepare(self.clock.now_s());
    }
}

/// Every [`Route`] that `door` has where its [operation](Route::operation) says, admitted and counted under its own name.
pub(crate) fn router(app: &Arc<App>, door: &Arc<Door>) -> Router {
    let routes = Route::ALL.into_iter().filter(|route| door.whose.has(*route)).fold(Router::new(), |router, route| {
        let operation = route.operation();
        let asked = (Arc::clone(app), Arc::clone(door), route);
        let admitted = handler(route, operation.verb.filter()).layer(from_fn_with_state(asked, admit::admit));
        router.route(operation.path, admitted)
    });
    routes
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .fallback(async || Problem::NotFound)
        // Bodies are limited where they are read, before a handler sees them.
        .layer(DefaultBodyLimit::disable())
        .layer(map_response(keep_to_yourself))
        .with_state(Arc::clone(app))
}

/// No cache keeps an answer that does not say so itself, and no browser takes it for what it is not.
async fn keep_to_yourself(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
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
        Route::Transparency => on(method, transparency::transparency),
        Route::Propose => on(method, administration::propose),
        Route::Proposals => on(method, administration::proposals),
        Route::Proposal => on(method, administration::proposal),
        Route::Approve => on(method, administration::approve),
        Route::AuditLog => on(method, administration::audit_log),
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
