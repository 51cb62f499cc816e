//! The store in memory, for benchmarks only: it keeps nothing beyond the process.

use std::collections::{BTreeMap, HashMap};
use std::future::ready;
use std::sync::Mutex;

use passes::{PassId, ResidentId};

use super::decide::{Earlier, decide, replay};
use super::tally::Counting;
use super::{
    Answer, Asked, Issuance, KeptPass, KeyDigest, NewPass, NewResident, OpenError, Opened, Registration, Store,
    StoreError, Tally,
};
use crate::secret::Secret;

pub(super) fn open() -> Result<Opened, OpenError> {
    let secret = Secret::random().map_err(OpenError::Random)?;
    Ok(Opened { store: Box::new(Memory::default()), secret })
}

#[derive(Default)]
struct Memory {
    rows: Mutex<Rows>,
    counting: Counting,
}

#[derive(Default)]
struct Rows {
    residents: HashMap<ResidentId, KeptResident>,
    passes: HashMap<PassId, KeptPass>,
    /// By resident and time, like the database.
    issuances: BTreeMap<(ResidentId, PassId), Asked>,
    closed: bool,
}

struct KeptResident {
    key: Option<KeyDigest>,
    checked_in_s: Option<i64>,
}

impl Memory {
    /// Does `write` as one transaction.
    fn write<T: Send + 'static>(&self, write: impl FnOnce(&mut Rows) -> T) -> Answer<'_, T> {
        let result = self.with(|rows| if rows.closed { Err(StoreError::Closed) } else { Ok(write(rows)) });
        if result.is_ok() {
            self.counting.committed(1);
        }
        Box::pin(ready(result))
    }

    fn with<T>(&self, look: impl FnOnce(&mut Rows) -> T) -> T {
        // A poisoned lock means that a write stopped half-way; the rows of a benchmark are usable all the same.
        look(&mut self.rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Rows {
    fn register(&mut self, new: NewResident) -> Registration {
        match self.residents.get(&new.resident) {
            None => {
                self.residents.insert(new.resident, KeptResident { key: new.key, checked_in_s: None });
                Registration::New
            }
            Some(kept) if kept.key.is_some() && kept.key == new.key => Registration::Again,
            Some(_) => Registration::Known,
        }
    }

    fn earlier(&self, resident: ResidentId, since_s: i64) -> Vec<Earlier> {
        let range = (resident, PassId::new(since_s, [0; 12]))..=(resident, PassId::from_bytes([0xff; 16]));
        let kept = |(&(_, pass), &asked): (&(ResidentId, PassId), &Asked)| {
            self.passes.get(&pass).map(|kept| Earlier { grant: kept.grant, cancelled: kept.cancelled, asked })
        };
        self.issuances.range(range).filter_map(kept).collect()
    }

    fn issue(&mut self, new: &NewPass) -> Issuance {
        if !self.residents.contains_key(&new.resident) {
            return Issuance::UnknownResident;
        }
        let decided = decide(&self.earlier(new.resident, new.since_s), new);
        if let Issuance::Issued(grant) = decided {
            self.passes.insert(grant.pass, KeptPass { grant, resident: new.resident, cancelled: false });
            self.issuances.insert((new.resident, grant.pass), new.asked);
        }
        decided
    }

    fn cancel(&mut self, pass: PassId, resident: ResidentId) -> bool {
        match self.passes.get_mut(&pass).filter(|kept| kept.resident == resident) {
            Some(kept) => {
                kept.cancelled = true;
                true
            }
            None => false,
        }
    }

    fn check_in(&mut self, resident: ResidentId, at_s: i64) -> bool {
        let kept = self.residents.get_mut(&resident);
        kept.map(|kept| kept.checked_in_s = Some(at_s)).is_some()
    }
}

impl Store for Memory {
    fn register(&self, residents: Vec<NewResident>) -> Answer<'_, Vec<Registration>> {
        self.write(|rows| residents.into_iter().map(|new| rows.register(new)).collect())
    }

    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance> {
        self.write(|rows| rows.issue(&pass))
    }

    fn cancel(&self, pass: PassId, resident: ResidentId) -> Answer<'_, bool> {
        self.write(|rows| rows.cancel(pass, resident))
    }

    fn check_in(&self, resident: ResidentId, at_s: i64) -> Answer<'_, bool> {
        self.write(|rows| rows.check_in(resident, at_s))
    }

    fn latest_check_in(&self, resident: ResidentId) -> Answer<'_, Option<i64>> {
        let latest_s = self.with(|rows| rows.residents.get(&resident).and_then(|kept| kept.checked_in_s));
        Box::pin(ready(Ok(latest_s)))
    }

    fn replay(&self, resident: ResidentId, asked: Asked, since_s: i64) -> Answer<'_, Option<Issuance>> {
        let answer = self.with(|rows| replay(&rows.earlier(resident, since_s), asked));
        Box::pin(ready(Ok(answer)))
    }

    fn find(&self, pass: PassId) -> Answer<'_, Option<KeptPass>> {
        let kept = self.with(|rows| rows.passes.get(&pass).copied());
        Box::pin(ready(Ok(kept)))
    }

    fn tally(&self) -> Tally {
        self.counting.read()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.with(|rows| rows.closed = true);
        Box::pin(ready(Ok(())))
    }
}
