//! TLS to the target: which certificates are believed, and sessions that are resumed.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// Connections cannot be secured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file of certificates cannot be used.
    #[error("--ca-file {path}: {cause}; give a file of certificates in PEM form (-----BEGIN CERTIFICATE-----)")]
    CaFile {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// This machine has no list of certificates that it believes.
    #[error("this machine lists no certificate authorities it believes; give the target's own with --ca-file FILE")]
    NoRoots,
    /// The host cannot stand in a certificate.
    #[error("'{0}' is no name or address that a certificate could be for")]
    Name(String),
    /// The library refuses.
    #[error("TLS cannot be set up: {0}")]
    Setup(#[from] rustls::Error),
}

/// How connections to one target are secured. Sessions are resumed, as phones and scanners resume theirs.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// TLS 1.2 and 1.3 to `host`, believing the authorities in `ca_file`, or, without one, those that this machine believes.
    ///
    /// # Errors
    /// [`TlsError`] when there is nobody to believe or `host` is no name.
    pub(crate) fn new(host: &str, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        let name = match host.parse::<IpAddr>() {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?,
        };
        Ok(Tls { config: Arc::new(config(roots(ca_file)?)?), name })
    }

    /// A new session; it resumes an earlier one when the target let it.
    pub(crate) fn session(&self) -> Result<ClientConnection, rustls::Error> {
        ClientConnection::new(self.config.clone(), self.name.clone())
    }
}

/// The settings for another client of a target that is secured as `tls` says: one that believes nobody when it is not.
pub(crate) fn config_of(tls: Option<Tls>) -> Result<ClientConfig, TlsError> {
    match tls {
        Some(tls) => Ok((*tls.config).clone()),
        None => config(RootCertStore::empty()),
    }
}

fn config(roots: RootCertStore) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(roots) }
        }
        Some(path) => {
            let fault = |cause: String| TlsError::CaFile { path: path.display().to_string(), cause };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|cause| fault(cause.to_string()))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|cause| fault(cause.to_string()))?;
                roots.add(certificate).map_err(|cause| fault(cause.to_string()))?;
            }
            if roots.is_empty() { Err(fault("it holds no certificate".into())) } else { Ok(roots) }
        }
    }
}
