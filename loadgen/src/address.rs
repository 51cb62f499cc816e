//! One address of a server.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;

use crate::TargetError;
use crate::tls::{Tls, TlsError};

/// One address of a server: where connections go, and what to call it in the `Host` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
    socket: SocketAddr,
    secure: bool,
}

impl Address {
    /// The address `url`, when traffic may go there ([`Target::parse`](crate::Target::parse)).
    pub(crate) fn parse(url: &str, operated_hosts: &[String]) -> Result<Self, TargetError> {
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
        let socket = resolve(host, port).map_err(|cause| TargetError::Unknown { host: host.to_owned(), cause })?;
        Ok(Address { host: host.to_owned(), port, socket, secure })
    }

    /// The host as written in the URL.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where connections go.
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Whether it is this machine.
    pub fn is_loopback(&self) -> bool {
        self.socket.ip().is_loopback()
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

    /// How connections are secured when authorities in `ca_file` are believed; none for plain HTTP.
    pub(crate) fn tls(&self, ca_file: Option<&Path>) -> Result<Option<Tls>, TlsError> {
        self.secure.then(|| Tls::new(&self.host, ca_file)).transpose()
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
