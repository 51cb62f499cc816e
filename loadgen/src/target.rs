//! The one server that traffic may go to.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::address::Address;
use crate::doors::Doors;
use crate::tls::{TlsError, config_of};
use crate::{Ceilings, Interface, Kind, Staff};

/// A server that the operator of this run may load: where it is, how it is spoken to, and how much may be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    address: Address,
    /// Where checks go, when officers have an address of their own.
    officers: Option<Address>,
    interface: Arc<Interface>,
    staff: Staff,
    ceilings: Ceilings,
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
    /// It is given as the address for officers, and is the target.
    #[error(
        "'{0}' is the target itself, where checks go anyway; write the address that is for officers alone, or leave it out"
    )]
    Same(String),
}

impl Target {
    /// The target `url` (`http://HOST[:PORT]` or `https://HOST[:PORT]`, default ports 80 and 443). Loopback (127.0.0.0/8, `::1`, `localhost`) is always allowed;
    /// any other host only when it stands in `operated_hosts` exactly as in the URL.
    ///
    /// # Errors
    /// [`TargetError`] when the URL is not understood, the host is not allowed or has no address.
    pub fn parse(url: &str, operated_hosts: &[String]) -> Result<Self, TargetError> {
        Ok(Target {
            address: Address::parse(url, operated_hosts)?,
            officers: None,
            interface: Arc::default(),
            staff: Staff::default(),
            ceilings: Ceilings::default(),
            ca_file: None,
        })
    }

    /// The same server, to which checks go at `url`, on connections of their own. Everything else goes on going to the first address.
    ///
    /// # Errors
    /// As [`Target::parse`], and [`TargetError::Same`] when it is the first address.
    pub fn with_officers(self, url: &str, operated_hosts: &[String]) -> Result<Self, TargetError> {
        let officers = Address::parse(url, operated_hosts)?;
        // Two names may lead to one machine that tells them apart, so names are compared and not what they lead to.
        if officers.url() == self.url() {
            return Err(TargetError::Same(url.to_owned()));
        }
        Ok(Target { officers: Some(officers), ..self })
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

    /// The most that may be asked, at all addresses together; none for this machine, which is the user's own.
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
        target.doors()?;
        Ok(target)
    }

    /// The ways in, each with what secures it.
    pub(crate) fn doors(&self) -> Result<Doors, TlsError> {
        Doors::new(&self.address, self.officers.as_ref(), self.ca_file.as_deref())
    }

    /// TLS for a client that goes to every address; one that believes nobody where none of them is secured.
    pub(crate) fn tls_config(&self) -> Result<rustls::ClientConfig, TlsError> {
        let tls = self.addresses().find_map(|address| address.tls(self.ca_file.as_deref()).transpose());
        config_of(tls.transpose()?)
    }

    /// The host as written in the URL.
    pub fn host(&self) -> &str {
        self.address.host()
    }

    /// The address that connections go to, those of checks apart where officers have one of their own.
    pub fn address(&self) -> SocketAddr {
        self.address.socket()
    }

    /// Where checks go, when officers have an address of their own.
    pub fn officers(&self) -> Option<&Address> {
        self.officers.as_ref()
    }

    /// Where requests of `kind` go.
    pub(crate) fn address_of(&self, kind: Kind) -> &Address {
        self.officers.as_ref().filter(|_| kind.is_of_officers()).unwrap_or(&self.address)
    }

    /// All addresses, the first one first.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        std::iter::once(&self.address).chain(&self.officers)
    }

    /// Whether the target is this machine, at every address.
    pub fn is_loopback(&self) -> bool {
        self.addresses().all(Address::is_loopback)
    }

    /// The hosts other than this machine, each once.
    pub fn hosts_elsewhere(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> =
            self.addresses().filter(|address| !address.is_loopback()).map(Address::host).collect();
        hosts.dedup();
        hosts
    }

    /// The URL without a path: `http://127.0.0.1:8080`.
    pub fn url(&self) -> String {
        self.address.url()
    }
}

/// The URL, and that of the address for officers.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())?;
        self.officers.iter().try_for_each(|officers| write!(f, " (officers at {})", officers.url()))
    }
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

    #[test]
    fn officers_may_have_an_address_of_their_own() {
        let target = || Target::parse("http://127.0.0.1:8080", &[]).unwrap();
        let apart = target().with_officers("http://localhost:8081", &[]).unwrap();
        assert_eq!(apart.to_string(), "http://127.0.0.1:8080 (officers at http://localhost:8081)");
        for kind in Kind::ALL {
            let authority = if kind == Kind::Verify { "localhost:8081" } else { "127.0.0.1:8080" };
            assert_eq!(apart.address_of(kind).authority(), authority, "{kind}");
            assert_eq!(target().address_of(kind).authority(), "127.0.0.1:8080", "{kind}");
        }
        let refused = |url: &str| target().with_officers(url, &["192.0.2.8".into()]).unwrap_err();
        assert!(matches!(refused("http://127.0.0.1:8080/"), TargetError::Same(_)));
        assert!(matches!(refused("127.0.0.1:8081"), TargetError::Malformed(_)));
        assert!(matches!(refused("http://192.0.2.7"), TargetError::NotOperated { .. }));
        assert!(apart.ceilings().is_none());
        // One foreign address makes a foreign target.
        let half = target().with_officers("http://192.0.2.7", &["192.0.2.7".into()]).unwrap();
        assert_eq!((half.ceilings(), half.hosts_elsewhere()), (Some(Ceilings::default()), vec!["192.0.2.7"]));
        let abroad = half.with_officers("http://192.0.2.8", &["192.0.2.8".into()]).unwrap();
        assert_eq!(abroad.hosts_elsewhere(), ["192.0.2.8"], "the last one given counts");
    }
}
