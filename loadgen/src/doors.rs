//! The ways into a target, as those use them who send.

use std::net::SocketAddr;
use std::path::Path;

use crate::Kind;
use crate::address::Address;
use crate::tls::{Tls, TlsError};

/// A way into a target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Door {
    /// The address of all.
    #[default]
    Everybody = 0,
    /// The address for officers alone.
    Officers = 1,
}

impl Door {
    pub(crate) const ALL: [Door; 2] = [Door::Everybody, Door::Officers];
}

/// What is behind a door: where connections go, and what secures them.
#[derive(Debug)]
pub(crate) struct Entrance {
    pub(crate) socket: SocketAddr,
    pub(crate) url: String,
    /// None: plain HTTP.
    pub(crate) tls: Option<Tls>,
}

impl Entrance {
    fn of(address: &Address, ca_file: Option<&Path>) -> Result<Self, TlsError> {
        Ok(Entrance { socket: address.socket(), url: address.url(), tls: address.tls(ca_file)? })
    }
}

/// The ways into a target: one, or two where officers have an address of their own.
#[derive(Debug)]
pub(crate) struct Doors {
    everybody: Entrance,
    officers: Option<Entrance>,
}

impl Doors {
    /// # Errors
    /// [`TlsError`] when an https address cannot be secured with the authorities in `ca_file`.
    pub(crate) fn new(
        everybody: &Address,
        officers: Option<&Address>,
        ca_file: Option<&Path>,
    ) -> Result<Self, TlsError> {
        let entrance = |address| Entrance::of(address, ca_file);
        Ok(Doors { everybody: entrance(everybody)?, officers: officers.map(entrance).transpose()? })
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        1 + u32::from(self.officers.is_some())
    }

    /// Through which door requests of `kind` go.
    pub(crate) fn of(&self, kind: Kind) -> Door {
        if kind.is_of_officers() && self.officers.is_some() { Door::Officers } else { Door::Everybody }
    }

    /// What is behind `door`.
    pub(crate) fn at(&self, door: Door) -> &Entrance {
        match (door, &self.officers) {
            (Door::Officers, Some(officers)) => officers,
            _ => &self.everybody,
        }
    }
}
