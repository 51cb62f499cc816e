//! A group of writes in one transaction: what is asked first, what is decided, what is written.
//!
//! Writes that wait in one queue at the same time have no order among themselves: nobody has been answered yet. So a group is done kind
//! by kind, a statement for all writes of a kind, in two round trips. Where processes might wait for each other, each takes its locks
//! in the same order (new residents, residents, passes, tokens; each by key), so none waits in a circle.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use passes::{Grant, PassId, PassName, Purpose, ResidentId};

use crate::store::decide::{Earlier, decide};
use crate::store::naming::Naming;
use crate::store::queue::Write;
use crate::store::{
    Issuance, KeyDigest, LoggedCheck, NewPass, NewResident, Registration, Spending, StoreError, TokenDigest,
};

/// What a group asks for, each question once and in the order of keys.
#[derive(Default)]
pub(super) struct Questions {
    pub(super) new_residents: BTreeMap<ResidentId, NewResident>,
    /// Residents whose rows must not change until the commit.
    pub(super) residents: BTreeSet<ResidentId>,
    /// Residents who ask for passes, and since when their earlier ones count.
    pub(super) holders: BTreeMap<ResidentId, i64>,
    /// Passes to be cancelled.
    pub(super) serials: BTreeSet<u32>,
}

impl Questions {
    pub(super) fn of(group: &[Write], naming: &Naming) -> Self {
        let mut questions = Questions::default();
        for write in group {
            match write {
                Write::Register(ask) => {
                    for new in &ask.question {
                        questions.new_residents.entry(new.resident).or_insert(*new);
                        questions.residents.insert(new.resident);
                    }
                }
                Write::Issue(ask) => {
                    let NewPass { resident, since_s, .. } = ask.question;
                    questions.residents.insert(resident);
                    let since = questions.holders.entry(resident).or_insert(since_s);
                    *since = since_s.min(*since);
                }
                Write::Cancel(ask) => drop(questions.serials.insert(naming.open(ask.question.0).serial)),
                Write::CheckIn(ask) => drop(questions.residents.insert(ask.question.0)),
                Write::Spend(_) | Write::LogCheck(_) => {}
            }
        }
        questions
    }
}

/// What the database answered to [`Questions`].
#[derive(Default)]
pub(super) struct Facts {
    /// Residents who were added by this group.
    pub(super) added: BTreeSet<ResidentId>,
    /// Residents who are registered, with their idempotency keys.
    pub(super) residents: HashMap<ResidentId, Option<KeyDigest>>,
    /// Earlier passes and when they were issued.
    pub(super) earlier: HashMap<ResidentId, Vec<(i64, Earlier)>>,
    /// Passes to be cancelled.
    pub(super) passes: HashMap<u32, LockedPass>,
}

/// A pass whose row does not change until the commit.
pub(super) struct LockedPass {
    pub(super) random: [u8; 12],
    pub(super) resident: ResidentId,
    pub(super) purpose: Purpose,
    pub(super) cancelled: bool,
    pub(super) revoked: bool,
}

/// What a group writes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) passes: Vec<NewPass>,
    pub(super) cancelled: Vec<u32>,
    /// Cancelled passes by day and purpose.
    pub(super) cancelled_on: BTreeMap<(i32, Purpose), i64>,
    pub(super) spent: BTreeMap<TokenDigest, i64>,
    pub(super) checked_in: BTreeMap<ResidentId, i64>,
    pub(super) checks: Vec<LoggedCheck>,
}

impl Changes {
    /// Passes to be issued, by day and purpose.
    pub(super) fn issued(&self) -> BTreeMap<(i32, Purpose), i64> {
        let mut issued = BTreeMap::new();
        for pass in &self.passes {
            *issued.entry((pass.day, pass.purpose)).or_default() += 1;
        }
        issued
    }
}

/// Whose pass, asked for with which key: no two passes of a group have both in common.
type Ask = (ResidentId, KeyDigest);

/// The answer to an ask for a pass, as far as it is known before the pass has a name.
enum Decided {
    Now(Issuance),
    Issued(Ask),
    Replayed(Ask),
}

/// Decisions taken about a group and waiting for what the database gives: names of passes, and which tokens were new.
pub(super) struct Decisions {
    pub(super) changes: Changes,
    issues: Vec<Decided>,
}

/// Decides about every write of a group, and notes the answers that are known.
pub(super) fn decide_all(group: &mut [Write], facts: Facts, naming: &Naming) -> Result<Decisions, StoreError> {
    let mut deciding = Deciding { facts, naming, changes: Changes::default(), issued: HashSet::new() };
    let mut issues = Vec::new();
    for write in group.iter_mut() {
        match write {
            Write::Register(ask) => ask.answer_by(|residents| deciding.register(residents))?,
            Write::Issue(ask) => issues.push(deciding.issue(&ask.question)),
            Write::Cancel(ask) => {
                ask.answer_by(|&(pass, resident, day)| Ok::<_, StoreError>(deciding.cancel(pass, resident, day)))?;
            }
            Write::CheckIn(ask) => {
                ask.answer_by(|&(resident, at_s)| Ok::<_, StoreError>(deciding.check_in(resident, at_s)))?;
            }
            Write::LogCheck(ask) => {
                deciding.changes.checks.push(ask.question.clone());
                ask.answer = Some(());
            }
            Write::Spend(ask) => {
                let (token, until_s) = ask.question;
                deciding.changes.spent.entry(token).or_insert(until_s);
            }
        }
    }
    Ok(Decisions { changes: deciding.changes, issues })
}

impl Decisions {
    /// Notes the answers that had to wait: `names` of the passes issued, and the tokens that are `newly_spent`.
    pub(super) fn answer(
        self,
        group: &mut [Write],
        naming: &Naming,
        names: &HashMap<Ask, PassName>,
        mut newly_spent: BTreeSet<TokenDigest>,
    ) -> Result<(), StoreError> {
        let grants: HashMap<Ask, Grant> = self
            .changes
            .passes
            .iter()
            .filter_map(|new| {
                let ask = (new.resident, new.asked.key);
                Some((ask, naming.grant(*names.get(&ask)?, new.purpose, new.window)))
            })
            .collect();
        let unnamed = || StoreError::Database("the database gave no serial".into());
        let mut issues = self.issues.into_iter();
        for write in group {
            match write {
                Write::Issue(ask) => {
                    let answer = match issues.next().ok_or_else(unnamed)? {
                        Decided::Now(issuance) => issuance,
                        Decided::Issued(ask) => Issuance::Issued(*grants.get(&ask).ok_or_else(unnamed)?),
                        Decided::Replayed(ask) => Issuance::Replayed(*grants.get(&ask).ok_or_else(unnamed)?),
                    };
                    ask.answer = Some(answer);
                }
                Write::Spend(ask) => {
                    // Of several in a group, the first is first.
                    let first = newly_spent.remove(&ask.question.0);
                    ask.answer = Some(if first { Spending::First } else { Spending::Again });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

struct Deciding<'a> {
    facts: Facts,
    naming: &'a Naming,
    changes: Changes,
    /// Passes that this group issues: their names are not known yet.
    issued: HashSet<Ask>,
}

impl Deciding<'_> {
    fn register(&mut self, residents: &[NewResident]) -> Result<Vec<Registration>, StoreError> {
        let answer = |new: &NewResident| {
            if self.facts.added.remove(&new.resident) {
                return Ok(Registration::New);
            }
            let known = self.facts.residents.get(&new.resident);
            let key = known.ok_or_else(|| StoreError::Database("a resident vanished".into()))?;
            Ok(if key.is_some() && *key == new.key { Registration::Again } else { Registration::Known })
        };
        residents.iter().map(answer).collect()
    }

    fn issue(&mut self, new: &NewPass) -> Decided {
        if !self.facts.residents.contains_key(&new.resident) {
            return Decided::Now(Issuance::UnknownResident);
        }
        let all = self.facts.earlier.entry(new.resident).or_default();
        let earlier: Vec<Earlier> =
            all.iter().filter(|(issued_s, _)| *issued_s >= new.since_s).map(|(_, pass)| *pass).collect();
        let ask = (new.resident, new.asked.key);
        match decide(&earlier, new) {
            Some(Issuance::Replayed(_)) if self.issued.contains(&ask) => Decided::Replayed(ask),
            Some(answer) => Decided::Now(answer),
            None => {
                // It counts for the next decision; its name does not.
                let grant = Grant { pass: PassId::from_bytes([0; 16]), purpose: new.purpose, window: new.window };
                all.push((new.issued_s, Earlier { grant, cancelled: false, asked: new.asked }));
                self.issued.insert(ask);
                self.changes.passes.push(new.clone());
                Decided::Issued(ask)
            }
        }
    }

    fn cancel(&mut self, pass: PassId, resident: ResidentId, day: i32) -> bool {
        let name = self.naming.open(pass);
        let kept = self.facts.passes.get_mut(&name.serial);
        let Some(kept) = kept.filter(|kept| kept.random == name.random && kept.resident == resident) else {
            return false;
        };
        if !std::mem::replace(&mut kept.cancelled, true) {
            self.changes.cancelled.push(name.serial);
            *self.changes.cancelled_on.entry((day, kept.purpose)).or_default() += 1;
        }
        true
    }

    fn check_in(&mut self, resident: ResidentId, at_s: i64) -> bool {
        let known = self.facts.residents.contains_key(&resident);
        if known {
            self.changes.checked_in.insert(resident, at_s);
        }
        known
    }
}
