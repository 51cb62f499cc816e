//! The store in memory, for benchmarks only: it keeps nothing beyond the process.

use std::collections::{BTreeMap, HashMap};
use std::future::ready;
use std::sync::Mutex;

use passes::{Grant, PassId, PassName, Purpose, ResidentId};

use super::acts::perform;
use super::decide::{Earlier, decide, replay};
use super::holdings::{Holdings, NONE};
use super::inventory::{Added, AddedPass, Inventory};
use super::naming::Naming;
use super::tally::Counting;
use super::{
    Act, Acted, Answer, Asked, Census, Ended, Issuance, IssuedBetween, KeptPass, KeyDigest, LoggedCheck, NewPass,
    NewResident, OpenError, Opened, Proposal, Purge, Purged, Registration, Spending, Store, StoreError, Tally,
    TokenDigest, Withdrawn,
};
use crate::audit::{Entry, Head};
use crate::secret::Secret;

mod ledger;

use ledger::{Acts, Named};

pub(super) fn open() -> Result<Opened, OpenError> {
    let secret = Secret::random().map_err(OpenError::Random)?;
    let store = Memory { naming: Naming::new(&secret), rows: Mutex::default(), counting: Counting::default() };
    Ok(Opened { store: Box::new(store), secret })
}

struct Memory {
    naming: Naming,
    rows: Mutex<Rows>,
    counting: Counting,
}

struct Rows {
    residents: HashMap<ResidentId, Resident>,
    /// By serial, like the database.
    passes: BTreeMap<u32, Pass>,
    spent: HashMap<TokenDigest, i64>,
    checks: Vec<LoggedCheck>,
    inventory: Inventory,
    acts: Acts,
    /// The serial given last.
    latest: u32,
    closed: bool,
}

struct Resident {
    key: Option<KeyDigest>,
    registered_s: i64,
    checked_in_s: Option<i64>,
}

struct Pass {
    kept: KeptPass,
    issued_s: i64,
    asked: Asked,
}

impl Default for Rows {
    fn default() -> Self {
        Rows {
            residents: HashMap::new(),
            passes: BTreeMap::new(),
            spent: HashMap::new(),
            checks: Vec::new(),
            inventory: Inventory::new(),
            acts: Acts::default(),
            latest: NONE,
            closed: false,
        }
    }
}

impl Memory {
    /// Does `write` as one transaction, and counts it.
    fn write<T: Send + 'static>(&self, write: impl FnOnce(&mut Rows) -> T) -> Answer<'_, T> {
        let result = self.transact(write);
        if result.is_ok() {
            self.counting.committed(1);
        }
        Box::pin(ready(result))
    }

    /// Does `work` as one transaction.
    fn transact<T>(&self, work: impl FnOnce(&mut Rows) -> T) -> Result<T, StoreError> {
        self.with(|rows| if rows.closed { Err(StoreError::Closed) } else { Ok(work(rows)) })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Rows) -> T) -> T {
        // A poisoned lock means that a write stopped half-way; the rows of a benchmark are usable all the same.
        look(&mut self.rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn serial(&self, pass: PassId) -> u32 {
        self.naming.open(pass).serial
    }
}

impl Rows {
    fn register(&mut self, new: NewResident) -> Registration {
        match self.residents.get(&new.resident) {
            None => {
                let resident = Resident { key: new.key, registered_s: new.registered_s, checked_in_s: None };
                self.residents.insert(new.resident, resident);
                self.inventory.add(Added::Resident);
                Registration::New
            }
            Some(kept) if kept.key.is_some() && kept.key == new.key => Registration::Again,
            Some(_) => Registration::Known,
        }
    }

    fn earlier(&self, resident: ResidentId, since_s: i64) -> Vec<Earlier> {
        let rows = self.inventory.holdings.newest_first(resident).filter_map(|serial| self.passes.get(&serial));
        let recent = rows.take_while(|pass| pass.issued_s >= since_s);
        recent
            .map(|Pass { kept, asked, .. }| Earlier { grant: kept.grant, cancelled: kept.cancelled, asked: *asked })
            .collect()
    }

    fn issue(&mut self, new: &NewPass, naming: &Naming) -> Issuance {
        if !self.residents.contains_key(&new.resident) {
            return Issuance::UnknownResident;
        }
        decide(&self.earlier(new.resident, new.since_s), new).unwrap_or_else(|| {
            self.latest += 1;
            let name = PassName { serial: self.latest, random: new.random };
            let grant = naming.grant(name, new.purpose, new.window);
            self.insert(grant, new);
            Issuance::Issued(grant)
        })
    }

    fn insert(&mut self, grant: Grant, new: &NewPass) {
        let kept = KeptPass { grant, resident: new.resident, cancelled: false, revoked_s: None };
        self.passes.insert(self.latest, Pass { kept, issued_s: new.issued_s, asked: new.asked });
        self.inventory.add(Added::Pass(AddedPass::new(self.latest, new)));
    }

    /// The row under `serial` if it is that of `pass`.
    fn pass(&mut self, serial: u32, pass: PassId) -> Option<&mut KeptPass> {
        self.passes.get_mut(&serial).map(|row| &mut row.kept).filter(|kept| kept.grant.pass == pass)
    }

    fn cancel(&mut self, serial: u32, pass: PassId, resident: ResidentId, day: i32) -> bool {
        let Some(kept) = self.pass(serial, pass).filter(|kept| kept.resident == resident) else { return false };
        if !std::mem::replace(&mut kept.cancelled, true) {
            let purpose = kept.grant.purpose;
            self.acts.ended_on(day, purpose).cancelled += 1;
        }
        true
    }

    fn issued(&self, IssuedBetween { from_s, until_s, purpose, now_s, at_most }: IssuedBetween) -> Option<Vec<PassId>> {
        let then: Vec<&KeptPass> = self
            .passes
            .values()
            .filter(|pass| (from_s..until_s).contains(&pass.issued_s))
            .map(|pass| &pass.kept)
            .take(at_most + 1)
            .collect();
        let wanted = |kept: &&&KeptPass| {
            let grant = kept.grant;
            purpose.is_none_or(|purpose| purpose == grant.purpose)
                && kept.revoked_s.is_none()
                && grant.window.until_s > now_s
        };
        (then.len() <= at_most).then(|| then.iter().filter(wanted).map(|kept| kept.grant.pass).collect())
    }

    fn spend(&mut self, token: TokenDigest, until_s: i64) -> Spending {
        match self.spent.insert(token, until_s) {
            None => Spending::First,
            Some(_) => Spending::Again,
        }
    }

    fn check_in(&mut self, resident: ResidentId, at_s: i64) -> bool {
        let kept = self.residents.get_mut(&resident);
        kept.map(|kept| kept.checked_in_s = Some(at_s)).is_some()
    }

    fn purge(&mut self, purge: Purge) -> Purged {
        let before = (self.passes.len(), self.spent.len(), self.residents.len(), self.checks.len());
        self.passes.retain(|_, pass| pass.kept.grant.window.until_s >= purge.ended_before_s);
        self.spent.retain(|_, until_s| *until_s >= purge.ended_before_s);
        self.checks.retain(|check| check.at_s >= purge.ended_before_s);
        let first = self.passes.keys().next().copied().unwrap_or(self.latest.saturating_add(1));
        Holdings::parts().for_each(|part| self.inventory.holdings.forget_below(first, part));
        if let Some(before_s) = purge.residents_before_s {
            let holdings = &self.inventory.holdings;
            self.residents.retain(|resident, kept| {
                kept.registered_s.max(kept.checked_in_s.unwrap_or(i64::MIN)) >= before_s
                    || holdings.holds_any(*resident)
            });
        }
        let purged = Purged {
            passes: (before.0 - self.passes.len()) as u64,
            tokens: (before.1 - self.spent.len()) as u64,
            residents: (before.2 - self.residents.len()) as u64,
            checks: (before.3 - self.checks.len()) as u64,
        };
        self.inventory.purged(purged.passes, purge.ended_before_s);
        self.inventory.residents -= purged.residents;
        purged
    }

    /// Bytes that the rows take: the least they can, without the room that tables keep free.
    fn bytes(&self) -> u64 {
        let residents = self.residents.len() * size_of::<(ResidentId, Resident)>();
        let passes = self.passes.len() * size_of::<(u32, Pass)>();
        let spent = self.spent.len() * size_of::<(TokenDigest, i64)>();
        let checks = self.checks.len() * size_of::<LoggedCheck>();
        (residents + passes + spent + checks) as u64
    }
}

impl Store for Memory {
    fn register(&self, residents: Vec<NewResident>) -> Answer<'_, Vec<Registration>> {
        self.write(|rows| residents.into_iter().map(|new| rows.register(new)).collect())
    }

    fn issue(&self, pass: NewPass) -> Answer<'_, Issuance> {
        self.write(|rows| rows.issue(&pass, &self.naming))
    }

    fn cancel(&self, pass: PassId, resident: ResidentId, day: i32) -> Answer<'_, bool> {
        let serial = self.serial(pass);
        self.write(|rows| rows.cancel(serial, pass, resident, day))
    }

    fn act(&self, act: Act) -> Answer<'_, Acted> {
        // In memory nothing of an act can fail half-way.
        let acted = self.transact(|rows| perform(&mut Named { rows, naming: &self.naming }, &act));
        Box::pin(ready(acted.flatten()))
    }

    fn spend(&self, token: TokenDigest, until_s: i64) -> Answer<'_, Spending> {
        self.write(|rows| rows.spend(token, until_s))
    }

    fn log_check(&self, check: LoggedCheck) -> Answer<'_, ()> {
        self.write(|rows| rows.checks.push(check))
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
        let serial = self.serial(pass);
        let kept = self.with(|rows| rows.pass(serial, pass).copied());
        Box::pin(ready(Ok(kept)))
    }

    fn find_serial(&self, serial: u32) -> Answer<'_, Option<KeptPass>> {
        let kept = self.with(|rows| rows.passes.get(&serial).map(|pass| pass.kept));
        Box::pin(ready(Ok(kept)))
    }

    fn withdrawn(&self, now_s: i64) -> Answer<'_, Vec<Withdrawn>> {
        let withdrawn = |(&serial, pass): (&u32, &Pass)| {
            let (kept, revoked) = (&pass.kept, pass.kept.revoked_s.is_some());
            let listed = (kept.cancelled || revoked) && kept.grant.window.until_s > now_s;
            listed.then_some(Withdrawn { serial, revoked })
        };
        let listed = self.with(|rows| rows.passes.iter().filter_map(withdrawn).collect());
        Box::pin(ready(Ok(listed)))
    }

    fn issued(&self, issued: IssuedBetween) -> Answer<'_, Option<Vec<PassId>>> {
        let names = self.with(|rows| rows.issued(issued));
        Box::pin(ready(Ok(names)))
    }

    fn proposals(&self, now_s: i64) -> Answer<'_, Vec<Proposal>> {
        let open = |proposal: &&Proposal| proposal.lapses_s > now_s;
        let proposals = self.with(|rows| rows.acts.proposals.values().filter(open).cloned().collect());
        Box::pin(ready(Ok(proposals)))
    }

    fn audit_log(&self, after: u64, at_most: usize) -> Answer<'_, Vec<Entry>> {
        let entries = self
            .with(|rows| rows.acts.log.iter().filter(|entry| entry.number > after).take(at_most).cloned().collect());
        Box::pin(ready(Ok(entries)))
    }

    fn audit_head(&self) -> Answer<'_, Head> {
        let head = self.with(|rows| rows.acts.head());
        Box::pin(ready(Ok(head)))
    }

    fn ended(&self) -> Answer<'_, Vec<Ended>> {
        let ended = self.with(|rows| rows.acts.ended());
        Box::pin(ready(Ok(ended)))
    }

    fn issued_daily(&self) -> Answer<'_, Vec<(i32, Purpose, u64)>> {
        let issued = self.with(|rows| rows.inventory.issued_daily());
        Box::pin(ready(Ok(issued)))
    }

    fn census(&self, now_s: i64) -> Answer<'_, Census> {
        let census = self.with(|rows| {
            let census = rows.inventory.census(now_s);
            Census { memory_bytes: census.memory_bytes + rows.bytes(), ..census }
        });
        Box::pin(ready(Ok(census)))
    }

    fn purge(&self, purge: Purge) -> Answer<'_, Purged> {
        Box::pin(ready(self.transact(|rows| rows.purge(purge))))
    }

    fn tally(&self) -> Tally {
        self.counting.read()
    }

    fn close(&self) -> Answer<'_, ()> {
        self.with(|rows| rows.closed = true);
        Box::pin(ready(Ok(())))
    }
}
