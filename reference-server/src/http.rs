//! The HTTP interface: what the server holds, its routes, and what stands in front of each.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::Router;
use axum::handler::Handler;
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, MethodRouter, on};
use passes::{Rules, Scheme, SchemeKind, TokenKey};
use tokio::sync::Semaphore;

use self::admit::{Admitted, keep_to_yourself};
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
use crate::random::Stock;
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

pub(crate) use admit::{Pause, Waited};
pub(crate) use connections::{CutOff, Open};
pub(crate) use describe::VERIFICATIONS;
pub(crate) use door::Door;
pub(crate) use gate::{FILES_A_THREAD, Rest};

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
    random: Stock,
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
        // Whoever is let in finds a place in the store's queue: at each door those who write, and those who check (a token is spent, a
        // check may be written down). One more: removing what is due takes no place from them.
        let places = 2 * (config.limits.writes_in_flight + config.limits.in_flight) + 1;
        let Opened { store, secret } = config.store.open(places)?;
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
            random: Stock::default(),
            staff: config.staff,
            drawing: Semaphore::new(cores),
            front: Arc::new(Door::new(Whose::Everybody, &config.limits, if signs { cores } else { 0 }, cores)),
            post: Arc::new(Door::new(Whose::Officers, &config.limits, 0, 1)),
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
        let mount = Mount { door: Arc::clone(door), route, method: operation.verb.filter() };
        router.route(operation.path, mount.route())
    });
    let refuse = |problem: Problem| async move || keep_to_yourself(problem.into_response());
    routes
        .method_not_allowed_fallback(refuse(Problem::MethodNotAllowed))
        .fallback(refuse(Problem::NotFound))
        .with_state(Arc::clone(app))
}

/// Where the handler of a route is put.
struct Mount {
    door: Arc<Door>,
    route: Route,
    method: MethodFilter,
}

impl Mount {
    fn put<T: 'static>(self, handler: impl Handler<T, Arc<App>>) -> MethodRouter<Arc<App>> {
        let Mount { door, route, method } = self;
        on(method, Admitted { door, route, handler })
    }

    fn route(self) -> MethodRouter<Arc<App>> {
        match self.route {
            Route::Register => self.put(residents::register),
            Route::RegisterBatch => self.put(residents::register_batch),
            Route::Issue => self.put(issuing::issue),
            Route::Show => self.put(issuing::show),
            Route::QrSvg => self.put(drawing::svg),
            Route::QrPng => self.put(drawing::png),
            Route::Cancel => self.put(issuing::cancel),
            Route::Verify => self.put(verifying::verify),
            Route::CheckIn => self.put(checking_in::check_in),
            Route::LatestCheckIn => self.put(checking_in::latest),
            Route::Keys => self.put(service::keys),
            Route::Transparency => self.put(transparency::transparency),
            Route::Propose => self.put(administration::propose),
            Route::Proposals => self.put(administration::proposals),
            Route::Proposal => self.put(administration::proposal),
            Route::Approve => self.put(administration::approve),
            Route::AuditLog => self.put(administration::audit_log),
            Route::StatusLists => self.put(revocations::index),
            Route::StatusList => self.put(revocations::list),
            Route::Time => self.put(service::time),
            Route::ResidentPage => self.put(pages::resident),
            Route::OfficerPage => self.put(pages::officer),
            Route::OfficerWorker => self.put(pages::officer_worker),
            Route::PageFile => self.put(pages::file),
            Route::OpenApi => self.put(openapi::openapi),
            Route::Health => self.put(service::health),
            Route::Ready => self.put(service::ready),
            Route::Metrics => self.put(service::metrics),
        }
    }
}
