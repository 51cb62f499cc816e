//! TLS: certificates from PEM files, read again on demand.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Where the certificate and its key lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those it was signed with, in PEM.
    pub certificates: PathBuf,
    /// Its private key, in PEM (PKCS #8, PKCS #1 or SEC 1).
    pub key: PathBuf,
}

/// A certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or has nothing of the kind in it.
    #[error("cannot read {what} from '{}': {cause}; name a PEM file", path.display())]
    File {
        /// What was looked for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it was not found there.
        cause: rustls::pki_types::pem::Error,
    },
    /// The two do not belong together, or are of a kind that cannot be used.
    #[error("cannot use the certificate '{}' with the key '{}': {cause}", certificates.display(), key.display())]
    Pair {
        /// The file of the certificate.
        certificates: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What rustls says.
        cause: rustls::Error,
    },
}

/// What connections are accepted with; clones share it.
#[derive(Clone)]
pub(super) struct Tls(Certificates);

/// The certificates of a server, which can be read again while it runs.
#[derive(Clone)]
pub struct Certificates {
    files: Arc<TlsFiles>,
    current: Arc<RwLock<TlsAcceptor>>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Certificates").field(&self.files).finish()
    }
}

impl Certificates {
    /// Reads the files again: new connections get the new certificate, open ones keep theirs.
    ///
    /// # Errors
    /// [`TlsError`]; then the certificate in use stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let acceptor = self.files.read()?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = acceptor;
        Ok(())
    }
}

impl Tls {
    pub(super) fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let current = Arc::new(RwLock::new(files.read()?));
        Ok(Tls(Certificates { files: Arc::new(files), current }))
    }

    pub(super) fn certificates(&self) -> Certificates {
        self.0.clone()
    }

    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        acceptor.accept(stream).await
    }
}

impl TlsFiles {
    fn read(&self) -> Result<TlsAcceptor, TlsError> {
        let failed = |what, path: &Path| {
            let path = path.to_owned();
            move |cause| TlsError::File { what, path, cause }
        };
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&self.certificates)
            .and_then(Iterator::collect)
            .map_err(failed("a certificate", &self.certificates))?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(failed("a private key", &self.key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key));
        let mut config = config.map_err(|cause| TlsError::Pair {
            certificates: self.certificates.clone(),
            key: self.key.clone(),
            cause,
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
