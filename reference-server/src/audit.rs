//! The audit log: what administrators did, each entry chained to the one before by a hash.
//!
//! In June 2022 officials in Zhengzhou turned the health codes of 1,317 bank depositors red, one by one and by hand, and nobody else had to
//! agree or could see it (Shine, "Red card for officials over Henan red code drama"). Here an act needs two persons and leaves an entry;
//! an entry that is changed, removed or slipped in breaks the chain at its place, and the published end of the chain betrays a chain that
//! was made anew or cut short.

use std::fmt;
use std::str::FromStr;

use passes::wire;
use sha2::{Digest, Sha256};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActKind {
    /// The server started; the detail says with which staff, scheme and retention.
    Started,
    /// A revocation was proposed.
    Proposed,
    /// A second administrator approved it, and the passes are revoked.
    Approved,
    /// An approval was refused.
    Refused,
}

impl ActKind {
    /// All kinds.
    pub const ALL: [ActKind; 4] = [ActKind::Started, ActKind::Proposed, ActKind::Approved, ActKind::Refused];

    /// The name in the log.
    pub const fn name(self) -> &'static str {
        match self {
            ActKind::Started => "started",
            ActKind::Proposed => "proposed",
            ActKind::Approved => "approved",
            ActKind::Refused => "refused",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        ActKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The end of a chain: how many entries it has, and the hash of the last (32 zero bytes when there is none).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many entries.
    pub entries: u64,
    /// The hash of the last.
    pub hash: [u8; 32],
}

impl Head {
    /// The end that was sent as `sent`, unless its hash is none.
    pub fn from_wire(sent: &wire::AuditHead) -> Option<Self> {
        Some(Head { entries: sent.entries, hash: unhex(&sent.hash)? })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entries, Hex(&self.hash))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(entries, hash)| Some((entries.parse().ok()?, unhex(hash)?)));
        let (entries, hash) = parts.ok_or("write the number of entries, a colon and the 64 digits of the hash")?;
        Ok(Head { entries, hash })
    }
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1 on, without gaps.
    pub number: u64,
    /// When, in Unix seconds.
    pub at_s: i64,
    /// The administrator, by the name in the staff file; `server` for its own.
    pub by: String,
    /// What was done.
    pub act: ActKind,
    /// To what, and why.
    pub detail: String,
    /// SHA-256 over the hash of the entry before and all of the above, as [`Entry::after`] says.
    pub hash: [u8; 32],
}

impl Entry {
    /// The entry that follows `head`.
    ///
    /// Its hash is SHA-256 over six lines, joined by line feeds: the hash before in lower-case hexadecimal, number, time, name, act,
    /// detail. None but the last can hold a line feed, so different entries have different texts.
    pub fn after(head: Head, at_s: i64, by: &str, act: ActKind, detail: String) -> Self {
        let number = head.entries + 1;
        let text = format!("{}\n{number}\n{at_s}\n{by}\n{}\n{detail}", Hex(&head.hash), act.name());
        Entry { number, at_s, by: by.to_owned(), act, hash: Sha256::digest(text).into(), detail }
    }

    /// The entry that was sent as `sent`, unless its act is unknown or its hash none. Whether it follows is another question.
    pub fn from_wire(sent: &wire::AuditEntry) -> Option<Self> {
        let wire::AuditEntry { number, at_s, by, act, detail, hash } = sent;
        let (act, hash) = (ActKind::named(act)?, unhex(hash)?);
        Some(Entry { number: *number, at_s: *at_s, by: by.clone(), act, detail: detail.clone(), hash })
    }

    /// The end of the chain whose last entry this is.
    pub const fn head(&self) -> Head {
        Head { entries: self.number, hash: self.hash }
    }
}

/// Where a log is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log was changed: entry {number} does not follow from those before it")]
pub struct Broken {
    /// The first entry that does not fit, or that is missing.
    pub number: u64,
}

/// Whether `entries` follow `from` without a gap and end at `published`, the end of the chain as it was made public.
///
/// # Errors
/// [`Broken`] with the first entry that was changed, removed or slipped in.
pub fn verify<'a>(from: Head, entries: impl IntoIterator<Item = &'a Entry>, published: Head) -> Result<(), Broken> {
    let mut head = from;
    for entry in entries {
        let Entry { at_s, by, act, detail, .. } = entry;
        if *entry != Entry::after(head, *at_s, by, *act, detail.clone()) {
            return Err(Broken { number: head.entries + 1 });
        }
        head = entry.head();
        if head.entries == published.entries && head != published {
            return Err(Broken { number: head.entries });
        }
    }
    if head.entries < published.entries { Err(Broken { number: head.entries + 1 }) } else { Ok(()) }
}

/// Bytes in lower-case hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes of a digest in hexadecimal.
pub(crate) fn unhex(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(0..) {
        *byte = u8::from_str_radix(&hex[2 * digits..2 * digits + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(entries: u64) -> Vec<Entry> {
        let mut head = Head::default();
        let next = |number| {
            let entry = Entry::after(
                head,
                1_585_908_000 + number as i64,
                "chief",
                ActKind::Proposed,
                format!("passes {number}"),
            );
            head = entry.head();
            entry
        };
        (0..entries).map(next).collect()
    }

    fn check(entries: &[Entry], published: Head) -> Result<(), Broken> {
        verify(Head::default(), entries, published)
    }

    #[test]
    fn the_hash_is_the_one_described() {
        // printf '%064d\n1\n1585908000\nchief\nproposed\npasses 0' 0 | sha256sum
        let expected = "2b7bbf46fe0bd5f763f1866e8e73b83d7a650f74185caaa7468795323ad7a6f2";
        assert_eq!(Hex(&log(1)[0].hash).to_string(), expected);
    }

    #[test]
    fn an_end_reads_back_as_it_is_written() {
        let head = log(3)[2].head();
        assert_eq!(head.to_string().parse(), Ok(head));
        assert!(["", "3", "3:ff", "x:00", ":"].iter().all(|text| text.parse::<Head>().is_err()));
    }

    proptest! {
        #[test]
        fn whatever_is_altered_is_found(entries in 1..20_u64, place in any::<prop::sample::Index>(), how in 0..7) {
            let whole = log(entries);
            let published = whole.last().unwrap().head();
            prop_assert_eq!(check(&whole, published), Ok(()));
            // More may have been written since the end was published.
            prop_assert_eq!(check(&whole, Head::default()), Ok(()));
            let mut altered = whole.clone();
            let at = place.index(altered.len());
            match how {
                0 => altered[at].at_s += 1,
                1 => altered[at].by = "deputy".into(),
                2 => altered[at].act = ActKind::Approved,
                3 => altered[at].detail.push('0'),
                4 => drop(altered.remove(at)),
                5 => altered.insert(at, whole[at].clone()),
                _ => altered[at].hash[31] ^= 1,
            }
            let found = check(&altered, published).unwrap_err().number;
            // What was slipped in repeats the entry after which it stands.
            prop_assert_eq!(found, at as u64 + 1 + u64::from(how == 5));
        }

        #[test]
        fn a_chain_made_anew_is_betrayed_by_its_published_end(entries in 1..20_u64) {
            let published = log(entries).last().unwrap().head();
            let mut forged = Vec::new();
            let mut head = Head::default();
            for entry in log(entries) {
                forged.push(Entry::after(head, entry.at_s, "nobody", entry.act, entry.detail));
                head = forged.last().unwrap().head();
            }
            prop_assert_eq!(check(&forged, published), Err(Broken { number: entries }));
        }
    }
}
