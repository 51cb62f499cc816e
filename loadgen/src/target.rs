//! The one server that traffic may go to.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use crate::tls::{Tls, TlsError};
use crate::{Ceilings, Interface, Staff};

/// A server that the operator of this run may load: an address, and what to call it in the `Host` header.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    host: String,
    port: u16,
    address: SocketAddr,
    interface: Arc<Interface>,
    staff: Staff,
    ceilings: Ceilings,
    secure: bool,
    ca_file: Option<PathBuf>,
}

/// An URL cannot be the target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no URL of the form that is understood.
    #[error("'{0}' is no target; write http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:8080")]
    Malformed(String),
    /// It has a path.
    #[error("'{0}' has a path; write the target without it: http://HOST:PORT")]
    Path(String),
    /// It is a host that nobody has said to operate.
    #[error(
        "'{host}' is not this machine. Load may only go to a server you operate; if you do, add --i-operate-this-target {host}"
    )]
    NotOperated {
        /// The host of the URL.
        host: String,
    },
    /// Its name leads to no address.
    #[error("the host '{host}' cannot be found: {cause}")]
    Unknown {
        /// The host of the URL.
        host: String,
        /// What the resolver said.
        cause: std::io::Error,
    },
}

impl Target {
    /// The target `url` (`http://HOST[:PORT]` or `https://HOST[:PORT]`, default ports 80 and 443). Loopback (127.0.0.0/8, `::1`, `localhost`) is always allowed;
    /// any other host only when it stands in `operated_hosts` exactly as in the URL.
    ///
    /// # Errors
    /// [`TargetError`] when the URL is not understood, the host is not allowed or has no address.
    pub fn parse(url: &str, operated_hosts: &[String]) -> Result<Self, TargetError> {
        let malformed = || TargetError::Malformed(url.to_owned());
        let (secure, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(malformed()),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#']) {
            return Err(TargetError::Path(url.to_owned()));
        }
        let (host, port) = split_authority(authority, if secure { 443 } else { 80 }).ok_or_else(malformed)?;
        if !is_loopback(host) && !operated_hosts.iter().any(|operated| operated == host) {
            return Err(TargetError::NotOperated { host: host.to_owned() });
        }
        let address = resolve(host, port).map_err(|cause| TargetError::Unknown { host: host.to_owned(), cause })?;
        let (interface, ceilings) = (Arc::default(), Ceilings::default());
        let (host, staff) = (host.to_owned(), Staff::default());
        Ok(Target { host, port, address, interface, staff, ceilings, secure, ca_file: None })
    }

    /// The same server, spoken to as `interface` says.
    pub fn speaking(self, interface: Interface) -> Self {
        Target { interface: Arc::new(interface), ..self }
    }

    /// The same server, where `staff` verify and register.
    pub fn with_staff(self, staff: Staff) -> Self {
        Target { staff, ..self }
    }

    /// Whose tokens are sent.
    pub(crate) fn staff(&self) -> &Staff {
        &self.staff
    }

    /// How the server is spoken to, all said: the reference server's acts where none is mapped, those of the scheme `blind` where it is
    /// that. Tokens of staff are still placeholders.
    pub(crate) fn described(&self, blind: bool) -> Interface {
        let mut described = self.interface.resolved(blind);
        if let (true, Some(verify)) =
            (self.interface.is_reference() && self.staff.officer.is_some(), &mut described.verify)
        {
            verify.headers.insert("authorization".to_owned(), "Bearer {officer_token}".to_owned());
        }
        described
    }

    /// The same with the tokens of staff in their places.
    pub(crate) fn spoken(&self, blind: bool) -> Interface {
        self.staff.sign_in(self.described(blind))
    }

    /// The same server, of which at most so much may be asked when it is not this machine.
    pub fn under(self, ceilings: Ceilings) -> Self {
        Target { ceilings, ..self }
    }

    /// The most that may be asked; none for this machine, which is the user's own.
    pub fn ceilings(&self) -> Option<Ceilings> {
        (!self.is_loopback()).then_some(self.ceilings)
    }

    /// How the server is spoken to.
    pub fn interface(&self) -> &Interface {
        &self.interface
    }

    /// The same server, whose certificate an authority in `ca_file` (PEM) vouches for; without one those count that this machine
    /// believes.
    ///
    /// # Errors
    /// [`TlsError::CaFile`] when the file holds no certificates.
    pub fn with_ca_file(self, ca_file: PathBuf) -> Result<Self, TlsError> {
        let target = Target { ca_file: Some(ca_file), ..self };
        target.tls()?;
        Ok(target)
    }

    /// How connections are secured; none when the target speaks plain HTTP.
    pub(crate) fn tls(&self) -> Result<Option<Tls>, TlsError> {
        self.secure.then(|| Tls::new(&self.host, self.ca_file.as_deref())).transpose()
    }

    /// The host as written in the URL.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address that connections go to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the target is this machine.
    pub fn is_loopback(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// The URL without a path: `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        format!("http{}://{}", if self.secure { "s" } else { "" }, self.authority())
    }

    /// The value of the `Host` header (RFC 9110 section 7.2).
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }
}

/// `HOST`, `HOST:PORT` or `[V6]:PORT` as host and port; `None` for anything else, user names included.
fn split_authority(authority: &str, default_port: u16) -> Option<(&str, u16)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map(|(host, port)| (host, port.strip_prefix(':').or(Some(port))))?,
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port = match port {
        None | Some("") => default_port,
        Some(port) => port.parse().ok()?,
    };
    let sound = !host.is_empty() && !host.contains(['@', ' ', '%']);
    sound.then_some((host, port))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn resolve(host: &str, port: u16) -> std::io::Result<SocketAddr> {
    let mut addresses = (host, port).to_socket_addrs()?;
    addresses.next().ok_or_else(|| std::io::Error::other("it has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_needs_no_leave() {
        for url in ["http://127.0.0.1:8080", "http://127.9.9.9:1/", "http://[::1]:80", "http://localhost:8080"] {
            let target = Target::parse(url, &[]).unwrap();
            assert!(target.is_loopback(), "{url}");
        }
        assert_eq!(Target::parse("http://[::1]:81", &[]).unwrap().url(), "http://[::1]:81");
        assert_eq!(Target::parse("http://127.0.0.1", &[]).unwrap().address().port(), 80);
    }

    #[test]
    fn other_hosts_need_the_exact_word() {
        // 192.0.2.0/24 is kept for documentation (RFC 5737); nothing is sent.
        let url = "http://192.0.2.7:80";
        let refusal = Target::parse(url, &["192.0.2.8".into()]).unwrap_err();
        assert!(refusal.to_string().contains("--i-operate-this-target 192.0.2.7"), "{refusal}");
        assert!(Target::parse(url, &["192.0.2.7".into()]).is_ok());
        // A name that only looks like loopback is not.
        assert!(matches!(Target::parse("http://127.0.0.1.example:80", &[]), Err(TargetError::NotOperated { .. })));
        assert!(matches!(Target::parse("http://localhost@192.0.2.7", &[]), Err(TargetError::Malformed(_))));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert_eq!(Target::parse("https://127.0.0.1", &[]).unwrap().url(), "https://127.0.0.1:443");
        assert!(matches!(Target::parse("http://127.0.0.1/v1", &[]), Err(TargetError::Path(_))));
        for url in ["127.0.0.1:80", "http://", "http://127.0.0.1:port", "http://127.0.0.1:99999", "ftp://127.0.0.1"] {
            assert!(matches!(Target::parse(url, &[]), Err(TargetError::Malformed(_))), "{url}");
        }
    }
}
