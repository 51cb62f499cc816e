//! Checks go to the address for officers, where there is one; everything else, and nothing of theirs, to the other.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use loadgen::{
    Arrivals, Client, Kind, LoadError, LoadResult, Mix, Options, Plan, Target, Wallet, Warning, prepare, run,
};
use passes::{SchemeKind, Share};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokio::sync::oneshot;

use crate::journeys::config;
use crate::server::{Answer, Server, pass_server, read};
use crate::support::{constant, machine, measured, options};

const SHORT: Duration = Duration::from_millis(500);
/// Where checks are asked.
const CHECKS: &str = "/v1/verifications";

fn asking(client: Client) -> Options<'static> {
    let mut options = options();
    options.settings.client = client;
    // They would have to be waited for.
    options.settings.expired_share = Share::of(0.0);
    options
}

/// A pass server, and the paths that it was asked for.
fn noting() -> (Server, Arc<Mutex<Vec<String>>>) {
    let paths = Arc::new(Mutex::new(Vec::new()));
    let noted = paths.clone();
    let server = Server::start(move |asked| {
        noted.lock().unwrap().push(asked.path.clone());
        pass_server(asked, |body| body == r#"{"code":"GOOD"}"#)
    });
    (server, paths)
}

#[test]
fn every_check_goes_to_the_officers_and_nothing_else_does() {
    let _machine = machine();
    for client in [Client::Lean, Client::Reqwest] {
        let ((everybody, of_everybody), (officers, of_officers)) = (noting(), noting());
        let target = everybody.target.clone().with_officers(&officers.target.url(), &[]).unwrap();
        let mut options = asking(client);
        // Some checks are made before the run, too.
        options.settings.replayed_share = Share::of(0.1);
        let plan = constant(1_000.0, SHORT, Mix::new(&Kind::ALL.map(|kind| (kind, 1.0))));
        let mut wallet = Wallet::new(2);
        prepare(&target, &plan, &mut wallet, &options).unwrap();
        let result = run(&target, &plan, &mut wallet, &options).unwrap();
        for (kind, result) in &result.kinds {
            let counts = result.counts;
            assert_eq!(counts.right + counts.without_pass, counts.asked, "{client:?} {kind}: {counts:?}");
        }
        let (of_everybody, of_officers) = (of_everybody.lock().unwrap(), of_officers.lock().unwrap());
        assert!(!of_everybody.iter().any(|path| path == CHECKS), "{client:?}: a check came to the wrong address");
        let checks = of_officers.iter().filter(|path| *path == CHECKS).count() as u64;
        let sent = result.kinds[&Kind::Verify].counts.sent;
        assert!(sent > 0 && checks > sent, "{client:?}: {checks} came, {sent} were sent in the run");
        // Whether it is there at all is asked once.
        assert!(of_officers.iter().all(|path| path == CHECKS || path == "/health"), "{client:?}");
    }
}

#[test]
fn a_crowd_without_answers_keeps_no_check_waiting() {
    measured(|| {
        for client in [Client::Lean, Client::Reqwest] {
            let shut = Arc::new(RwLock::new(()));
            let gate = shut.clone();
            let everybody = Server::start(move |asked| {
                drop(gate.read().unwrap());
                pass_server(asked, |_| true)
            });
            let officers = Server::start(|asked| pass_server(asked, |body| body == r#"{"code":"GOOD"}"#));
            let target = everybody.target.clone().with_officers(&officers.target.url(), &[]).unwrap();
            let mut options = asking(client);
            (options.settings.connections_max, options.settings.timeout_ms) = (4, 300);
            let plan = constant(400.0, SHORT, Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 1.0)]));
            let mut wallet = Wallet::new(1);
            prepare(&target, &plan, &mut wallet, &options).unwrap();
            let held = shut.write().unwrap();
            let result = run(&target, &plan, &mut wallet, &options).unwrap();
            drop(held);
            let [issue, verify] = [Kind::Issue, Kind::Verify].map(|kind| result.kinds[&kind].counts);
            // Four connections were taken up by residents, whose others waited in vain; officers had four of their own.
            assert_eq!((issue.right, issue.timed_out + issue.dropped), (0, issue.asked), "{client:?}: {issue:?}");
            assert!(issue.dropped > 0, "{client:?}: {issue:?}");
            assert!(verify.asked > 0 && verify.right == verify.asked, "{client:?}: {verify:?}");
        }
    });
}

#[test]
fn each_address_of_a_closed_loop_has_room_for_all() {
    let _machine = machine();
    let ((everybody, _), (officers, _)) = (noting(), noting());
    let target = everybody.target.clone().with_officers(&officers.target.url(), &[]).unwrap();
    let mix = Mix::new(&[(Kind::Register, 1.0), (Kind::Verify, 1.0)]);
    let plan = Plan::Closed { connections: 3, duration: SHORT, mix };
    let result = all_right(&target, &plan, &options());
    // Nobody closed a connection to make room at the other address.
    assert!(result.connections_opened <= 6, "{}", result.connections_opened);
}

/// What comes of a plan of two kinds, of which every request is answered rightly.
fn all_right(target: &Target, plan: &Plan, options: &Options<'_>) -> LoadResult {
    let mut wallet = Wallet::new(1);
    prepare(target, plan, &mut wallet, options).unwrap();
    let result = run(target, plan, &mut wallet, options).unwrap();
    assert_eq!(result.kinds.len(), 2);
    for (kind, found) in &result.kinds {
        let counts = found.counts;
        assert!(counts.right > 0 && counts.right == counts.asked, "{kind}: {counts:?}");
    }
    result
}

/// Runs `body` against a reference server with an address for officers.
fn with_two_addresses(scheme: SchemeKind, body: impl FnOnce(&Target)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let officers = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = |address: SocketAddr| format!("http://{address}");
    let target = Target::parse(&url(listener.local_addr().unwrap()), &[]).unwrap();
    let target = target.with_officers(&url(officers.local_addr().unwrap()), &[]).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = reference_server::Server::open(config(scheme)).unwrap().with_officers(officers);
    let served = runtime.spawn(server.serve(listener, async { drop(stopped.await) }));
    body(&target);
    stop.send(()).unwrap();
    runtime.block_on(served).unwrap().unwrap();
}

/// Connections that the server at `address` has accepted so far: at the address of all, this question's own included, and at the
/// officers' own.
fn accepted(address: SocketAddr) -> [u64; 2] {
    let mut socket = TcpStream::connect(address).unwrap();
    write!(socket, "GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    ["lockgate_connections_total ", "lockgate_connections_total{address=\"officers\"} "].map(|name| {
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        value.map_or(0, |value| value.trim().parse().unwrap())
    })
}

#[test]
fn the_reference_server_is_asked_at_both_of_its_addresses() {
    let _machine = machine();
    for (scheme, client) in [
        (SchemeKind::Lookup, Client::Lean),
        (SchemeKind::Lookup, Client::H2c),
        (SchemeKind::Blind, Client::Lean),
        (SchemeKind::Blind, Client::H2c),
    ] {
        with_two_addresses(scheme, |target| {
            let options = asking(client);
            let mut wallet = Wallet::new(1);
            // At the officers' address nothing is right but a check.
            let kinds = [(Kind::Register, 1.0), (Kind::Issue, 1.0), (Kind::Verify, 2.0)];
            let mut mix = Mix::new(&kinds);
            mix.issues_per_resident = Some(2);
            let plan = Plan::Rate { arrivals: Arrivals::Poisson { rate_per_s: 100.0 }, duration: 2 * SHORT, mix };
            prepare(target, &plan, &mut wallet, &options).unwrap();
            let result = run(target, &plan, &mut wallet, &options).unwrap();
            for (kind, _) in kinds {
                let counts = result.kinds[&kind].counts;
                assert!(counts.asked > 0 && counts.right == counts.asked, "{scheme:?} {client:?} {kind}: {counts:?}");
            }
            // Checks alone: the address of all sees no new connection but the two that ask how many there were.
            let plan = constant(100.0, SHORT, Mix::only(Kind::Verify));
            let mut wallet = Wallet::new(1);
            prepare(target, &plan, &mut wallet, &options).unwrap();
            let before = accepted(target.address());
            let result = run(target, &plan, &mut wallet, &options).unwrap();
            let after = accepted(target.address());
            let counts = result.kinds[&Kind::Verify].counts;
            assert_eq!((counts.asked, counts.right), (50, 50), "{scheme:?} {client:?}: {counts:?}");
            assert_eq!(after[0], before[0] + 1, "{scheme:?} {client:?}: a check came to the address of all");
            assert!(after[1] > before[1], "{scheme:?} {client:?}: nobody came to the officers' address");
        });
    }
}

/// A pass server over TLS with a certificate for `name` alone; the certificate in PEM form.
fn secured(name: &str) -> (String, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{name}:{}", listener.local_addr().unwrap().port());
    let config = Arc::new(config);
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let session = ServerConnection::new(config.clone()).unwrap();
            std::thread::spawn(move || {
                let mut stream = BufReader::new(StreamOwned::new(session, socket));
                while let Some(asked) = read(&mut stream) {
                    let Answer(bytes) = pass_server(&asked, |body| body == r#"{"code":"GOOD"}"#);
                    if stream.get_mut().write_all(&bytes).is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, made.cert.pem())
}

#[test]
fn each_address_is_secured_by_the_name_of_its_own_host() {
    let _machine = machine();
    let ((everybody, first), (officers, second)) = (secured("localhost"), secured("127.0.0.1"));
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, first + &second).unwrap();
    let target = Target::parse(&everybody, &[]).unwrap().with_officers(&officers, &[]).unwrap();
    let target = target.with_ca_file(ca_file).unwrap();
    for client in [Client::Lean, Client::Reqwest] {
        let plan = constant(200.0, SHORT, Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 1.0)]));
        all_right(&target, &plan, &asking(client));
    }
}

#[test]
fn an_address_that_is_not_there_or_not_needed_is_told() {
    let _machine = machine();
    let (everybody, _) = noting();
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let nobody = everybody.target.clone().with_officers(&url, &[]).unwrap();
    let plan = constant(10.0, SHORT, Mix::only(Kind::Issue));
    let told = prepare(&nobody, &plan, &mut Wallet::new(1), &options()).unwrap_err();
    assert!(matches!(&told, LoadError::Unreachable { url: named, .. } if *named == url), "{told}");
    let (officers, paths) = noting();
    let target = everybody.target.clone().with_officers(&officers.target.url(), &[]).unwrap();
    let prepared = prepare(&target, &plan, &mut Wallet::new(1), &options()).unwrap();
    assert_eq!(prepared.warnings, [Warning::OfficersUnasked { url: officers.target.url() }]);
    assert_eq!(*paths.lock().unwrap(), ["/health"]);
}
