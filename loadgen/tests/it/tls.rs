//! https: certificates, sessions that are resumed, and the time that handshakes take.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadgen::{Client, Kind, LoadResult, Measure, Mix, Options, Target, Wallet, run};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};

use crate::support::{constant, machine, options};

/// An https server with a certificate for `localhost` of an authority of its own. It serves until its listener is forgotten with
/// the process: tests are short.
struct Secure {
    target: Target,
    /// Its connections by how they were opened: in full, resumed.
    opened: Arc<[AtomicU64; 2]>,
    folder: tempfile::TempDir,
}

impl Secure {
    fn start(version: &'static rustls::SupportedProtocolVersion) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[version]).unwrap();
        let config = builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let (config, opened) = (Arc::new(config), Arc::new([AtomicU64::new(0), AtomicU64::new(0)]));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let count = opened.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                let (session, count) = (ServerConnection::new(config.clone()).unwrap(), count.clone());
                std::thread::spawn(move || serve(StreamOwned::new(session, socket), &count));
            }
        });
        Secure { target: Target::parse(&url, &[]).unwrap(), opened, folder }
    }

    fn trusted(&self) -> Target {
        self.target.clone().with_ca_file(self.folder.path().join("ca.pem")).unwrap()
    }
}

fn serve(mut stream: StreamOwned<ServerConnection, TcpStream>, opened: &[AtomicU64; 2]) {
    let mut asked = Vec::new();
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        asked.extend_from_slice(&bytes[..count]);
        if asked.ends_with(b"\r\n\r\n") {
            asked.clear();
            // In two records.
            let sent = [&b"HTTP/1.1 200 OK\r\ncontent-"[..], b"length: 2\r\n\r\nok"].map(|part| stream.write_all(part));
            if sent.iter().any(Result::is_err) {
                return;
            }
            if let Some(kind) = stream.conn.handshake_kind() {
                opened[usize::from(kind == HandshakeKind::Resumed)].fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

fn get(target: &Target, options: &Options<'_>) -> LoadResult {
    run(target, &constant(200.0, Duration::from_millis(500), Mix::get("/")), &mut Wallet::new(1), options).unwrap()
}

#[test]
fn https_is_spoken_and_handshakes_are_waiting_for_a_connection() {
    let _machine = machine();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = Secure::start(version);
        let mut options = options();
        options.settings.requests_per_connection.get = Some(1.0);
        let result = get(&server.trusted(), &options);
        let of_get = &result.kinds[&Kind::Get];
        assert_eq!((of_get.counts.asked, of_get.counts.right), (100, 100), "{version:?}: {:?}", of_get.counts);
        assert_eq!(result.connections_opened, 100, "each request had a connection of its own");
        let [full, resumed] = [0, 1].map(|way| server.opened[way].load(Ordering::SeqCst));
        // Who connects while the first handshakes are still under way has nothing to resume.
        assert!(resumed >= 20 && full + resumed == 100, "{version:?}: {full} in full, {resumed} resumed");
        let times = |measure| of_get.quantiles(measure);
        assert!(times(Measure::ConnectionWait).p50_us > 0.0);
        assert!(times(Measure::SendLag).max_us >= times(Measure::ConnectionWait).p50_us);
    }
}

#[test]
fn one_handshake_serves_many_requests() {
    let _machine = machine();
    let server = Secure::start(&rustls::version::TLS13);
    let result = get(&server.trusted(), &options());
    assert_eq!(result.kinds[&Kind::Get].counts.right, 100);
    assert!(result.connections_opened < 50, "{}", result.connections_opened);
}

#[test]
fn strangers_are_not_believed() {
    let _machine = machine();
    let (server, stranger) = (Secure::start(&rustls::version::TLS13), Secure::start(&rustls::version::TLS13));
    let target = server.target.clone().with_ca_file(stranger.folder.path().join("ca.pem")).unwrap();
    assert_eq!(get(&target, &options()).kinds[&Kind::Get].counts.failed, 100);
    // A server that speaks no TLS at all.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", plain.local_addr().unwrap().port());
    let target = Target::parse(&url, &[]).unwrap().with_ca_file(server.folder.path().join("ca.pem")).unwrap();
    std::thread::spawn(move || {
        for mut socket in plain.incoming().map_while(Result::ok) {
            let _ = socket.write_all(b"220 smtp ready\r\n");
            let _ = socket.shutdown(std::net::Shutdown::Write);
            while matches!(socket.read(&mut [0; 256]), Ok(1..)) {}
        }
    });
    assert_eq!(get(&target, &options()).kinds[&Kind::Get].counts.failed, 100);
}

#[test]
fn a_file_without_certificates_is_refused_with_what_to_write() {
    let target = || Target::parse("https://localhost:1", &[]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    for path in [empty.as_path(), Path::new("/nowhere/ca.pem")] {
        let refusal = target().with_ca_file(path.to_owned()).unwrap_err().to_string();
        assert!(refusal.contains("--ca-file") && refusal.contains("PEM"), "{refusal}");
    }
}

#[test]
fn reqwest_plays_the_same_schedule_and_says_that_it_is_costly() {
    let _machine = machine();
    let server = Secure::start(&rustls::version::TLS13);
    let mut options = options();
    options.settings.client = Client::Reqwest;
    let result = get(&server.trusted(), &options);
    assert_eq!((result.kinds[&Kind::Get].counts.asked, result.kinds[&Kind::Get].counts.right), (100, 100));
    assert!(result.warnings.contains(&loadgen::Warning::CostlyClient));
    assert!(result.generator_cpu_s > 0.0);
}

#[test]
fn http2_without_tls_is_spoken_from_the_first_byte() {
    let _machine = machine();
    // What an HTTP/2 client says first (RFC 9113 section 3.4). The server hangs up then: each request is a lost connection.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), &[]).unwrap();
    let heard = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut preface = [0; 24];
        socket.read_exact(&mut preface).unwrap();
        drop(listener);
        preface
    });
    let mut options = options();
    options.settings.client = Client::H2c;
    let counts = get(&target, &options).kinds[&Kind::Get].counts;
    assert_eq!(counts.failed, counts.asked);
    assert_eq!(&heard.join().unwrap(), b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}
