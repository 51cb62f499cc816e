//! Who works here: officers, operators and administrators, known by bearer tokens.
//!
//! The simplest way that is sound: whoever runs the server gives each member a random token and writes its SHA-256 down beside a name
//! and a role. The server never holds a token, and a list that leaks lets nobody in. A fast digest is enough because a token is
//! random, not a password: 256 bits are not guessed.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::audit::{Hex, unhex};

/// What a member of staff may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Verifies passes.
    Officer,
    /// Registers residents in batches, such as those who call.
    Operator,
    /// Revokes passes, always two together, and reads the audit log.
    Administrator,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 3] = [Role::Officer, Role::Operator, Role::Administrator];

    /// The name in files and in the OpenAPI document.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Officer => "officer",
            Role::Operator => "operator",
            Role::Administrator => "administrator",
        }
    }
}

/// A member of staff as written down.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// What the audit log calls the member: 1 to 64 characters. One person has one name: two administrators are two persons.
    pub name: String,
    /// What the member may do.
    pub role: Role,
    /// SHA-256 of the member's token, 64 hexadecimal digits.
    pub token_sha256: String,
}

impl Member {
    /// Who has this `token`; for programs that start a server and its staff by themselves.
    pub fn with_token(name: &str, role: Role, token: &str) -> Self {
        let token_sha256 = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
        Member { name: name.to_owned(), role, token_sha256 }
    }
}

/// Everybody who works here.
#[derive(Clone)]
pub struct Staff {
    members: HashMap<[u8; 32], (Arc<str>, Role)>,
    open: bool,
}

/// What is wrong with a member, by place in the list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("member {} ('{name}'): {fault}", index + 1)]
pub struct StaffFault {
    /// The place in the list, from 0.
    pub index: usize,
    /// The name as written.
    pub name: String,
    /// What is wrong and what to write instead.
    pub fault: &'static str,
}

impl Staff {
    /// Exactly `members`.
    ///
    /// # Errors
    /// Every member that cannot be one, and why.
    pub fn new(members: &[Member]) -> Result<Self, Vec<StaffFault>> {
        let mut by_digest = HashMap::new();
        let mut faults = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let named_before = members[..index].iter().any(|before| before.name == member.name);
            let fault = match unhex(&member.token_sha256) {
                _ if !is_name(&member.name) => Some("write a name of 1 to 64 characters without control characters"),
                _ if named_before => Some("this name is taken; one person has one entry"),
                None => Some("token_sha256 must be the 64 hexadecimal digits of the token's SHA-256"),
                Some(digest) if digest == <[u8; 32]>::from(Sha256::digest(b"")) => {
                    Some("this is the SHA-256 of an empty token; digest the token itself")
                }
                // Else one token would be two persons, and could approve what it proposed.
                Some(digest) => by_digest
                    .insert(digest, (Arc::from(member.name.as_str()), member.role))
                    .map(|_| "another member has the same token; make one for each"),
            };
            faults.extend(fault.map(|fault| StaffFault { index, name: member.name.clone(), fault }));
        }
        if faults.is_empty() { Ok(Staff { members: by_digest, open: false }) } else { Err(faults) }
    }

    /// Nobody: no one verifies, registers in batches or administers.
    pub fn nobody() -> Self {
        Staff { members: HashMap::new(), open: false }
    }

    /// Anybody verifies and registers in batches, with or without a token; nobody administers. For tests and load tests on one machine.
    pub fn anybody() -> Self {
        Staff { members: HashMap::new(), open: true }
    }

    /// Whether anybody is taken for an officer or operator.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The names of the administrators, in order.
    pub(crate) fn administrators(&self) -> Vec<&str> {
        let administrators = self.members.values().filter(|(_, role)| *role == Role::Administrator);
        let mut names: Vec<&str> = administrators.map(|(name, _)| &**name).collect();
        names.sort_unstable();
        names
    }

    /// A digest of names, roles and tokens' digests, in hexadecimal: it changes whenever the staff does.
    pub(crate) fn digest(&self) -> String {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_unstable();
        let mut digest = Sha256::new();
        for (token, (name, role)) in members {
            digest.update(token);
            // Names hold no control characters: the line feed ends them.
            digest.update(format!("{} {name}\n", role.name()));
        }
        Hex(&digest.finalize()).to_string()
    }

    /// Whose token this is. Digests are compared, not tokens: how long that takes tells nothing of a token.
    pub(crate) fn member(&self, token: &str) -> Option<(&Arc<str>, Role)> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.members.get(&digest).map(|(name, role)| (name, *role))
    }
}

impl fmt::Debug for Staff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Staff({} members, open: {})", self.members.len(), self.open)
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.chars().count()) && !name.contains(char::is_control) && name.trim() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, role: Role, token: &str) -> Member {
        let token_sha256 = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
        Member { name: name.into(), role, token_sha256 }
    }

    #[test]
    fn a_member_is_known_by_the_token_alone() {
        let staff =
            Staff::new(&[member("gate 1", Role::Officer, "a"), member("chief", Role::Administrator, "b")]).unwrap();
        assert_eq!(staff.member("a"), Some((&Arc::from("gate 1"), Role::Officer)));
        assert_eq!(staff.member("b"), Some((&Arc::from("chief"), Role::Administrator)));
        assert_eq!(staff.member("c"), None);
        assert!(!staff.is_open() && Staff::anybody().is_open() && Staff::nobody().is_empty());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let mut malformed = member("hex", Role::Officer, "x");
        malformed.token_sha256 = "é".repeat(32);
        let faults = Staff::new(&[
            member("", Role::Officer, "a"),
            member("twice", Role::Officer, "b"),
            member("twice", Role::Administrator, "c"),
            member("same token", Role::Administrator, "b"),
            member("empty token", Role::Operator, ""),
            malformed,
        ])
        .unwrap_err();
        assert_eq!(faults.iter().map(|fault| fault.index).collect::<Vec<_>>(), [0, 2, 3, 4, 5]);
        assert!(faults[1].to_string().contains("member 3 ('twice'): this name is taken"), "{}", faults[1]);
    }
}
