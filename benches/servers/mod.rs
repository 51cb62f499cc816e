//! Servers in processes of their own, so that their CPU time is theirs alone: the program under measurement starts itself again.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod asker;

use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use loadgen::{LoadSettings, Target};
use passes::wire::{
    IssuedPass, PassRequest, Registered, RegisteredBatch, RegistrationBatch, Verification, VerificationRequest,
};
use passes::{
    Algorithm, Check, DocumentDigest, Grant, KeyPlan, NameKey, PassId, Period, Permit, Policy, Purpose, PurposeRule,
    Quota, Rules, SchemeKind, SchemeSettings, Share, Window, Zone,
};
use reference_server::{Clock, Config, Faults, Limits, StoreKind};
use tokio::net::TcpListener;

/// One sending thread that shows genuine passes alone: every answer of a server that works is right.
pub(crate) fn genuine() -> LoadSettings {
    let [expired_share, forged_share, unknown_share] = [Share::of(0.0); 3];
    let threads = NonZeroUsize::new(1);
    LoadSettings { expired_share, forged_share, unknown_share, threads, ..LoadSettings::default() }
}

/// Names the server that a child is to be.
const ROLE: &str = "LOCKGATE_BENCH_SERVER";
/// How long requests may wait there, in milliseconds.
const WAIT_MS: &str = "LOCKGATE_BENCH_WAIT_MS";
/// The address follows.
const READY: &str = "ready ";
/// 2020-04-03T13:00+03:00: the policy has been in force for a day.
const START_S: i64 = 1_585_908_000;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A bare axum handler under `axum::serve` that parses the same JSON and answers JSON of the same form.
    Bare,
    /// The same, and for each request one signed code is made, or one checked.
    BareSigned,
    /// The reference server with the embedded store.
    Embedded,
    /// The reference server with the store in memory.
    Memory,
    /// The same, held to less than two thousand requests a second: four at a time, two milliseconds each and what timers add.
    Slow,
    /// The same, each request of which keeps the processor busy for a millisecond: less than a thousand a second on one core.
    Busy,
    /// The same with blind signatures, each of which keeps the processor busy for two milliseconds.
    Blind,
    /// The same with signed passes.
    Signed,
}

impl Role {
    const ALL: [Role; 8] =
        [Role::Bare, Role::BareSigned, Role::Embedded, Role::Memory, Role::Slow, Role::Busy, Role::Blind, Role::Signed];

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Role::Bare => "bare axum",
            Role::BareSigned => "bare, signed",
            Role::Embedded => "embedded",
            Role::Memory => "memory",
            Role::Slow => "slow store",
            Role::Busy => "busy processor",
            Role::Blind => "blind signatures",
            Role::Signed => "signed",
        }
    }

    const fn scheme(self) -> SchemeKind {
        match self {
            Role::Blind => SchemeKind::Blind,
            Role::Signed => SchemeKind::Signed,
            _ => SchemeKind::Lookup,
        }
    }

    fn serve(self) {
        let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback can be listened on");
            let address = listener.local_addr().expect("a bound listener has an address");
            let mut out = std::io::stdout();
            let officers = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
            let officers_address = officers.local_addr().expect("a bound listener has an address");
            writeln!(out, "{READY}{address} {officers_address}").and_then(|()| out.flush()).expect("the parent reads");
            let folder = tempfile::tempdir().expect("a folder can be made");
            let store = match self {
                Role::Bare => return serve_bare(listener, bare(|| (), || ())).await,
                Role::BareSigned => return serve_bare(listener, bare_signed()).await,
                Role::Embedded => StoreKind::Embedded { dir: folder.path().to_owned() },
                Role::Memory | Role::Slow | Role::Busy | Role::Blind | Role::Signed => StoreKind::Memory,
            };
            let faults: &[&str] = match self {
                Role::Slow => &["slots=4x2ms"],
                Role::Busy => &["work=1ms"],
                _ => &[],
            };
            let faults = Faults::parse(faults).expect("a fault that can be read");
            let wait_ms = std::env::var(WAIT_MS).ok().and_then(|text| text.parse().ok()).expect("the parent says");
            let wait = Duration::from_millis(wait_ms);
            // A disk that others keep busy must not end the measurement.
            let limits = Limits { wait, request_timeout: Duration::from_secs(60), ..Limits::default() };
            let config = Config { faults, limits, scheme: self.scheme(), ..config(store) };
            let server = reference_server::Server::open(config).expect("the server starts").with_officers(officers);
            server.serve(listener, parent_gone()).await.expect("the server runs");
        });
    }
}

/// The reference server as it is measured: the scheme `lookup` on a day of April 2020.
pub(crate) fn config(store: StoreKind) -> Config {
    let clock = Clock::StartingAt { start_s: START_S };
    Config { clock, scheme: SchemeKind::Lookup, ..Config::new(store, rules()) }
}

/// Groceries twice a week, as in Nizhny Novgorod, and walks with the pet as often as one likes.
fn rules() -> Rules {
    let purposes = [(Purpose::Groceries, PurposeRule::lasting(180)), (Purpose::Pet, PurposeRule::lasting(60))];
    let policy = Policy {
        quotas: vec![Quota { purposes: vec![Purpose::Groceries], ..Quota::passes(2, Period::Week) }],
        ..Policy::new(
            "2020-04-02T12:00".parse().expect("a date"),
            "2020-06-12T00:00".parse().expect("a date"),
            purposes.into(),
        )
    };
    policy.rules(3 * 3_600)
}

async fn parent_gone() {
    let (closed, gone) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(closed);
    });
    let _ = gone.await;
}

async fn serve_bare(listener: TcpListener, routes: Router) {
    axum::serve(listener, routes).with_graceful_shutdown(parent_gone()).await.expect("the server runs");
}

/// Makes a signed code for each pass, and checks one for each verification, as the scheme `signed` does.
fn bare_signed() -> Router {
    let keys = KeyPlan { algorithm: Algorithm::Ed25519, period_s: 604_800, advance_s: 0, longest_pass_s: 10_800 };
    let settings = SchemeSettings { keys, utc_offset_s: 0 };
    let scheme = Arc::new(SchemeKind::Signed.build(&[7; 32], NameKey::new([7; 32]), &settings));
    scheme.issuer.prepare(START_S);
    let window = Window { from_s: START_S, until_s: START_S + 10_800 };
    let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Groceries, window };
    let permit = Permit { grant, zone: Zone::Anywhere, document: DocumentDigest::of("22 04 123456") };
    let issue = {
        let scheme = Arc::clone(&scheme);
        move || scheme.issuer.show(&permit, None).expect("issued")
    };
    let code = IssuedPass::new(&grant, issue()).code;
    let check = move || assert!(matches!(scheme.verifier.check(black_box(&code), START_S), Check::Genuine(_)));
    bare(move || drop(black_box(issue())), check)
}

/// Parses the same JSON and answers JSON of the same form, and does nothing else but this for each pass and each verification.
pub(crate) fn bare(
    issuing: impl Fn() + Clone + Send + Sync + 'static,
    checking: impl Fn() + Clone + Send + Sync + 'static,
) -> Router {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let issued = |purpose| IssuedPass {
        pass: format!("1FGQ9M8Z3V6Y0T2R5W8X{:06}", NUMBER.fetch_add(1, Relaxed) % 1_000_000),
        code: "1FGQ9M8Z3V6Y0T2R5W8X1N4K7JAB".into(),
        spoken: Some("4K7Q-90ZD-MT3A-XW5E".into()),
        salt: None,
        blind_signature: None,
        purpose,
        valid_from_s: START_S,
        valid_until_s: START_S + 10_800,
    };
    let registered = |batch: RegistrationBatch| {
        let token = |_| Registered { token: "21J7NNJP2REC01VG95KX03QQAS7EF50GWCD05H8RP741WT3WPNGB".into() };
        RegisteredBatch { residents: batch.residents.iter().map(token).collect() }
    };
    let verified = |_: VerificationRequest| Verification {
        valid: true,
        reason: None,
        purpose: Some(Purpose::Groceries),
        valid_until_s: Some(START_S + 10_800),
    };
    Router::new()
        .route("/v1/residents/batch", post(async move |Json(batch)| Json(registered(batch))))
        .route(
            "/v1/passes",
            post(async move |Json(PassRequest { purpose, .. })| {
                issuing();
                (StatusCode::CREATED, Json(issued(purpose)))
            }),
        )
        .route(
            "/v1/verifications",
            post(async move |Json(request)| {
                checking();
                Json(verified(request))
            }),
        )
}

/// In a child: serves, and never returns. In the parent: nothing.
pub(crate) fn serve_when_child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let role = Role::ALL.into_iter().find(|one| one.name() == role);
    role.expect("the parent names a server").serve();
    std::process::exit(0);
}

/// A server in a child; it ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens: for everybody, and for officers alone.
    pub(crate) targets: [Target; 2],
}

impl Server {
    /// Starts this program again as `role`, on `core` alone if one is named, where requests may `wait` so long.
    pub(crate) fn start(role: Role, core: Option<usize>, wait: Duration) -> Self {
        let program = std::env::current_exe().expect("a program knows its file");
        let mut command = match core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["--cpu-list", &core.to_string()]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let mut child = command
            .env(ROLE, role.name())
            .env(WAIT_MS, wait.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a program can start itself again");
        let out = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut lines = out.lines().map_while(Result::ok);
        let addresses = lines.find_map(|line| line.strip_prefix(READY).map(str::to_owned)).expect("the child listens");
        let targets = addresses
            .split(' ')
            .map(|address| Target::parse(&format!("http://{address}"), &[]).expect("a loopback address is a target"))
            .collect::<Vec<_>>()
            .try_into()
            .expect("two addresses");
        Server { child, targets }
    }

    /// CPU time of all its threads so far, in seconds, to a hundredth (Linux, proc(5)).
    pub(crate) fn cpu_s(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("the child runs");
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>()
            / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
