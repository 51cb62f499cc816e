//! TLS: both versions of HTTP, certificates that change, files that are wrong.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::client::conn::{http1, http2};
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use reference_server::{Config, Server as Opened, ServerError, StoreKind, TlsFiles};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::support::{Server, config};

fn files(name: &str) -> TlsFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates");
    TlsFiles { certificates: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) }
}

fn with(files: TlsFiles) -> Config {
    Config { tls: Some(files), ..config(StoreKind::Memory) }
}

/// A connection of a client that trusts the certificate `name` and no other, and speaks `protocol`.
async fn connect(
    address: SocketAddr,
    name: &str,
    protocol: &str,
) -> std::io::Result<impl AsyncRead + AsyncWrite + Unpin + use<>> {
    let mut trusted = RootCertStore::empty();
    trusted.add(CertificateDer::from_pem_file(files(name).certificates).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let mut client = builder.with_root_certificates(trusted).with_no_client_auth();
    client.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(client)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// The status and version of the answers to three requests on one connection.
async fn three_answers(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    version: Version,
) -> Vec<(StatusCode, Version)> {
    let stream = TokioIo::new(stream);
    let request = || Request::get("http://localhost/health").header("host", "localhost").body(String::new()).unwrap();
    let mut answers = Vec::new();
    if version == Version::HTTP_2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), stream).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            let answer = sender.send_request(request()).await.unwrap();
            answers.push((answer.status(), answer.version()));
        }
    } else {
        let (mut sender, connection) = http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..3 {
            sender.ready().await.unwrap();
            let answer = sender.send_request(request()).await.unwrap();
            answers.push((answer.status(), answer.version()));
        }
    }
    answers
}

#[tokio::test]
async fn both_versions_are_spoken_with_and_without_tls() {
    let tls = Server::start(with(files("first"))).await;
    let plain = Server::start(config(StoreKind::Memory)).await;
    for (version, protocol) in [(Version::HTTP_11, "http/1.1"), (Version::HTTP_2, "h2")] {
        let expected = vec![(StatusCode::OK, version); 3];
        let stream = connect(tls.address, "first", protocol).await.unwrap();
        assert_eq!(three_answers(stream, version).await, expected);
        assert_eq!(three_answers(TcpStream::connect(plain.address).await.unwrap(), version).await, expected);
    }
    tls.stop().await;
    plain.stop().await;
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let used = TlsFiles { certificates: folder.path().join("server.pem"), key: folder.path().join("server.key") };
    let put = |name: &str| {
        let TlsFiles { certificates, key } = files(name);
        std::fs::copy(certificates, &used.certificates).unwrap();
        std::fs::copy(key, &used.key).unwrap();
    };
    put("first");
    let (server, certificates) = Server::start_with_certificates(with(used.clone())).await;
    let trusts = async |name: &str| connect(server.address, name, "h2").await.is_ok();
    assert!(trusts("first").await && !trusts("second").await);

    std::fs::write(&used.key, "no key").unwrap();
    assert!(certificates.reload().is_err());
    assert!(trusts("first").await, "what is in use stays in use");

    put("second");
    certificates.reload().unwrap();
    assert!(trusts("second").await && !trusts("first").await);
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_speak_tls_is_cut_off() {
    let server = Server::start(with(files("first"))).await;
    let mut connection = TcpStream::connect(server.address).await.unwrap();
    connection.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "nothing is answered in the clear");
    server.stop().await;
}

#[tokio::test]
async fn wrong_files_are_named() {
    let (first, second) = (files("first"), files("second"));
    let missing = PathBuf::from("missing.pem");
    let cases = [
        (TlsFiles { certificates: missing.clone(), ..first.clone() }, "cannot read a certificate from 'missing.pem'"),
        (TlsFiles { key: missing, ..first.clone() }, "cannot read a private key from 'missing.pem'"),
        (TlsFiles { key: first.certificates.clone(), ..first.clone() }, "cannot read a private key from"),
        (TlsFiles { key: second.key, ..first }, "cannot use the certificate"),
    ];
    for (files, told) in cases {
        let error = Opened::open(with(files)).unwrap_err();
        assert!(matches!(error, ServerError::Tls(_)) && error.to_string().starts_with(told), "{error}");
    }
}
