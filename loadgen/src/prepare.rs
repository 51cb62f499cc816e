//! Before a run: residents are registered, and the passes that will be shown are issued.

use std::time::{Duration, Instant};

use passes::{Purpose, SchemeKind};

use crate::control::Control;
use crate::phones::Phones;
use crate::plan::Needs;
use crate::random::{Draw, below, keyed};
use crate::record::Counts;
use crate::run::run_errands;
use crate::schedule::Errand;
use crate::{Interface, Kind, LoadError, LoadSettings, Options, Plan, Target, Wallet, Warning};

/// Connections that issue in preparation.
const CONNECTIONS: u32 = 64;
/// The same where the target signs blindly, which costs it a millisecond each: more than it signs within its patience it turns away.
const CONNECTIONS_BLIND: u32 = 8;
/// Different expired and different unknown codes. They are shown again and again, as nobody remembers them.
const BAD_PASSES: u32 = 200;
/// Expired passes are issued for one second, and are first shown so long after. The wait counts from the answer by our own clock,
/// since the target's may be a pretended one.
const LAPSE: Duration = Duration::from_millis(2_100);

/// What a preparation did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prepared {
    /// Residents registered.
    pub residents: u64,
    /// Passes issued, the short-lived ones that are to expire included.
    pub passes: u64,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

/// Registers the residents that `plan` needs and issues the passes that its verifications and cancellations need, into `wallet`.
/// What the wallet holds already is kept, so a wallet can serve several plans of one kind, one after the other.
///
/// # Errors
/// [`LoadError::Unreachable`] or [`LoadError::Unexpected`] when the target does not register residents,
/// [`LoadError::Unprepared`] when it gives no token or none of the passes.
pub fn prepare(
    target: &Target,
    plan: &Plan,
    wallet: &mut Wallet,
    options: &Options<'_>,
) -> Result<Prepared, LoadError> {
    let faults = [plan.faults(), plan.faults_at(target), options.settings.faults()].concat();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let control = Control::new(target)?;
    control.answer_time()?;
    let passes = plan.kinds().iter().any(|kind| matches!(kind, Kind::Issue | Kind::Verify | Kind::Cancel));
    if passes && target.interface().is_reference() {
        wallet.phones = control.keys()?.and_then(|(keys, now_s)| Phones::new(keys, now_s));
    }
    let interface = target.interface().resolved(wallet.phones.is_some());
    wallet.single_use = interface.single_use;
    let needs = plan.needs(wallet.issued, interface.single_use);
    let warnings = unasked(target, plan).into_iter().collect();
    let prepared = Prepared { warnings, ..Prepared::default() };
    let mut preparation = Preparation { target, control, interface, options, prepared };
    preparation.register(&needs, wallet)?;
    let lapsing = if needs.verifies { preparation.issue_bad(&needs, wallet)? } else { None };
    preparation.issue_held(&needs, wallet)?;
    if needs.verifies && wallet.bad.unknown.is_empty() {
        wallet.bad.unknown = match target.interface().is_reference() {
            true => unknown_codes(wallet, options.seed),
            false => scrambled_codes(wallet, options.seed),
        };
    }
    if let Some(since) = lapsing {
        std::thread::sleep(LAPSE.saturating_sub(since.elapsed()));
    }
    Ok(preparation.prepared)
}

/// Says so when nothing of `plan` goes to the address for officers.
fn unasked(target: &Target, plan: &Plan) -> Option<Warning> {
    let officers = target.officers().filter(|_| !plan.kinds().into_iter().any(Kind::is_of_officers))?;
    Some(Warning::OfficersUnasked { url: officers.url() })
}

/// Who must be issued the pass that he holds from the start, and has none yet.
fn without<'a>(needs: &'a Needs, wallet: &'a Wallet) -> impl Iterator<Item = (u32, Purpose)> + 'a {
    let ours = needs.holders.iter().copied().filter(|(resident, _)| wallet.dealing.is_ours(*resident));
    ours.filter(|(resident, purpose)| wallet.code(*resident, *purpose).is_none())
}

/// How many passes [`prepare`] would have to issue for `plan`, into a wallet that it has prepared before.
pub(crate) fn missing(plan: &Plan, wallet: &Wallet) -> usize {
    without(&plan.needs(wallet.issued, wallet.single_use), wallet).count()
}

/// A preparation at work.
struct Preparation<'a> {
    target: &'a Target,
    control: Control,
    interface: Interface,
    options: &'a Options<'a>,
    prepared: Prepared,
}

impl Preparation<'_> {
    /// Gives a token to every resident of ours who is new in the wallet, those apart who will register in the run.
    fn register(&mut self, needs: &Needs, wallet: &mut Wallet) -> Result<(), LoadError> {
        let dealing = wallet.dealing;
        let newcomer = |resident: &u32| needs.newcomers.binary_search(resident).is_ok();
        let ours = |resident: &u32| dealing.is_ours(*resident) && !newcomer(resident);
        // Whoever spent a pass in an earlier run makes room for somebody new, who has no part of a quota used up.
        let spent = |(resident, purpose): &(u32, Purpose)| {
            (wallet.single_use && *resident < wallet.residents && wallet.code(*resident, *purpose).is_none())
                .then_some(*resident)
        };
        let replaced = needs.holders.iter().filter_map(spent);
        let residents: Vec<u32> = replaced.chain(wallet.residents..needs.residents).filter(ours).collect();
        wallet.residents = wallet.residents.max(needs.residents);
        wallet.patients = needs.patients;
        if residents.is_empty() || self.interface.register.is_none() {
            return Ok(());
        }
        if !self.target.interface().is_reference() {
            return self.register_singly(&residents, wallet);
        }
        let (name, runs) = (wallet.name.clone(), wallet.runs);
        let documents = residents.iter().map(|resident| format!("load-test-{name}-{runs:x}-{resident}"));
        let mut numbers = residents.iter();
        self.control.register(documents, |token| {
            if let Some(resident) = numbers.next() {
                wallet.pocket_mut(*resident).tokens.set(dealing.place(*resident), token);
            }
        })?;
        self.prepared.residents += residents.len() as u64;
        Ok(())
    }

    /// One registration for each resident, as a server has it that knows of no batches.
    fn register_singly(&mut self, residents: &[u32], wallet: &mut Wallet) -> Result<(), LoadError> {
        let (kind, purpose, duration_s) = (Kind::Register, Purpose::Other, None);
        let errands: Vec<Errand> =
            residents.iter().map(|resident| Errand { kind, resident: *resident, purpose, duration_s }).collect();
        let counts = run_errands(self.target, &errands, connections(wallet), wallet, self.options)?;
        demand_some(&counts, "tokens", "look at [target.register]")?;
        self.prepared.residents += counts.right;
        Ok(())
    }

    /// Prepares the passes that deserve no trust: expired ones and ones shown before. Says when the last of those were issued that
    /// are to expire.
    fn issue_bad(&mut self, needs: &Needs, wallet: &mut Wallet) -> Result<Option<Instant>, LoadError> {
        let settings = self.options.settings;
        if wallet.bad.replayed.is_empty() && settings.replayed_share.get() > 0.0 {
            wallet.bad.replayed = self.issue_shown(needs, wallet.phones.as_ref())?;
        }
        if !wallet.bad.expired.is_empty() || settings.expired_share.get() == 0.0 {
            return Ok(None);
        }
        let body = self.interface.issue.as_ref().and_then(|issue| issue.body.as_deref());
        if wallet.phones.is_some() {
            self.prepared.warnings.push(Warning::NoneExpiredBlind);
            return Ok(None);
        }
        if !body.is_some_and(|body| body.contains("{duration_s}")) {
            self.prepared.warnings.push(Warning::NoneExpired);
            return Ok(None);
        }
        wallet.bad.expired = self.issue_apart(needs, Some(1), None)?.codes();
        Ok(Some(Instant::now()))
    }

    /// Issues passes to residents who do nothing else.
    fn issue_apart(
        &mut self,
        needs: &Needs,
        duration_s: Option<u32>,
        phones: Option<&Phones>,
    ) -> Result<Wallet, LoadError> {
        let mut apart = Wallet { phones: phones.cloned(), ..Wallet::new(1) };
        self.register(&Needs { residents: BAD_PASSES, ..Needs::default() }, &mut apart)?;
        let purpose = needs.holders.first().map_or(Purpose::Groceries, |(_, purpose)| *purpose);
        let errand = |resident| Errand { kind: Kind::Issue, resident, purpose, duration_s };
        let errands: Vec<Errand> = (0..BAD_PASSES).map(errand).collect();
        let counts = run_errands(self.target, &errands, connections(&apart), &mut apart, self.options)?;
        self.note(&counts);
        Ok(apart)
    }

    /// Issues passes and shows each of them once.
    fn issue_shown(&mut self, needs: &Needs, phones: Option<&Phones>) -> Result<Vec<String>, LoadError> {
        let mut apart = self.issue_apart(needs, None, phones)?;
        let codes = apart.codes();
        let purpose = needs.holders.first().map_or(Purpose::Groceries, |(_, purpose)| *purpose);
        let errand = |resident| Errand { kind: Kind::Verify, resident, purpose, duration_s: None };
        let errands: Vec<Errand> = (0..BAD_PASSES).map(errand).collect();
        let none = passes::Share::of(0.0);
        let [expired_share, forged_share, unknown_share, replayed_share] = [none; 4];
        let settings =
            LoadSettings { expired_share, forged_share, unknown_share, replayed_share, ..self.options.settings };
        run_errands(self.target, &errands, connections(&apart), &mut apart, &Options { settings, ..*self.options })?;
        Ok(codes)
    }

    /// Issues the passes that are shown or given back without having been asked for in the plan.
    fn issue_held(&mut self, needs: &Needs, wallet: &mut Wallet) -> Result<(), LoadError> {
        let (kind, duration_s) = (Kind::Issue, None);
        let errands: Vec<Errand> =
            without(needs, wallet).map(|(resident, purpose)| Errand { kind, resident, purpose, duration_s }).collect();
        wallet.holders = needs.holders.len() as u32;
        if errands.is_empty() {
            return Ok(());
        }
        let counts = run_errands(self.target, &errands, connections(wallet), wallet, self.options)?;
        demand_some(&counts, "passes", "look at the target's policy (purposes, quotas, dates)")?;
        self.note(&counts);
        Ok(())
    }

    fn note(&mut self, counts: &Counts) {
        self.prepared.passes += counts.right;
        if counts.right < counts.asked {
            let missing = counts.asked - counts.right;
            self.prepared.warnings.push(Warning::PassesMissing { missing, wanted: counts.asked });
        }
    }
}

/// How many connections issue for `wallet`.
fn connections(wallet: &Wallet) -> u32 {
    if wallet.phones.is_some() { CONNECTIONS_BLIND } else { CONNECTIONS }
}

/// An error when all of these requests for `what` came to nothing.
fn demand_some(counts: &Counts, what: &'static str, advice: &str) -> Result<(), LoadError> {
    if counts.right > 0 || counts.abandoned > 0 {
        return Ok(());
    }
    let Counts { refused, overloaded, wrong, failed, timed_out, .. } = counts;
    let detail = format!(
        "{refused} refused, {overloaded} turned away as overloaded, {wrong} answered wrongly, {failed} connections lost, {timed_out} timed out; {advice}"
    );
    Err(LoadError::Unprepared { what, wanted: counts.asked, detail })
}

/// Codes that look like those of a target whose scheme is not known: a genuine one with every letter and digit drawn anew.
fn scrambled_codes(wallet: &Wallet, seed: u64) -> Vec<String> {
    let Some(genuine) = wallet.any_code() else { return Vec::new() };
    let scrambled = |index: u32| {
        let characters = genuine.chars().enumerate().map(|(place, character)| {
            let draw = |first: u8, bound| {
                let bits = keyed(seed, Draw::BadPass, 1_000_000 + 4_096 * u64::from(index) + place as u64);
                char::from(first + below(bits, bound) as u8)
            };
            match character {
                '0'..='9' => draw(b'0', 10),
                'a'..='z' => draw(b'a', 26),
                'A'..='Z' => draw(b'A', 26),
                other => other,
            }
        });
        characters.collect::<String>()
    };
    // A short code may be drawn again as it was.
    (0..BAD_PASSES).map(scrambled).filter(|code| code != genuine).collect()
}

/// Codes that look like those of the target and were never issued by it: of the same scheme, with other random bits or another key.
fn unknown_codes(wallet: &Wallet, seed: u64) -> Vec<String> {
    let Some(genuine) = wallet.any_code() else { return Vec::new() };
    let code = |index| {
        let random = array(|place| keyed(seed, Draw::BadPass, 32 * u64::from(index) + place as u64) as u8);
        SchemeKind::imitation(genuine, random)
    };
    (0..BAD_PASSES).filter_map(code).collect()
}

fn array<const N: usize>(byte: impl Fn(usize) -> u8) -> [u8; N] {
    std::array::from_fn(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_are_of_the_targets_own_scheme() {
        let mut wallet = Wallet::new(1);
        assert_eq!(unknown_codes(&wallet, 1), [""; 0], "nobody holds a code");
        let genuine = SchemeKind::imitation("", [7; 32]).unwrap();
        wallet.pocket_mut(0).keep(0, Purpose::Pet, "P", &genuine);
        let codes = unknown_codes(&wallet, 1);
        assert_eq!(codes.len(), BAD_PASSES as usize);
        assert!(codes.iter().all(|code| code.len() == genuine.len() && *code != genuine));
    }

    #[test]
    fn codes_of_a_foreign_scheme_are_drawn_in_its_own_form() {
        let mut wallet = Wallet::new(1);
        wallet.pocket_mut(0).keep(0, Purpose::Pet, "P", "Tkt-20:aZ");
        let codes = scrambled_codes(&wallet, 7);
        assert_eq!(codes.len(), BAD_PASSES as usize);
        let form = |code: &str| {
            code.chars().map(|c| (c.is_ascii_digit(), c.is_ascii_uppercase(), c == '-')).collect::<Vec<_>>()
        };
        assert!(codes.iter().all(|code| form(code) == form("Tkt-20:aZ") && code != "Tkt-20:aZ"), "{codes:?}");
    }
}
