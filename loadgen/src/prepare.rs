//! Before a run: residents are registered, and the passes that will be shown are issued.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use passes::{Check, Grant, PassId, Purpose, SchemeKind, Window};

use crate::control::Control;
use crate::plan::Needs;
use crate::random::{Draw, keyed};
use crate::record::Counts;
use crate::run::issue_all;
use crate::schedule::Errand;
use crate::{LoadError, Options, Plan, Target, Wallet, Warning};

/// Connections that issue in preparation.
const CONNECTIONS: u32 = 64;
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
/// [`LoadError::NoPasses`] when it issues none of the passes.
pub fn prepare(
    target: &Target,
    plan: &Plan,
    wallet: &mut Wallet,
    options: &Options<'_>,
) -> Result<Prepared, LoadError> {
    let faults: Vec<_> = plan.faults().into_iter().chain(options.settings.faults()).collect();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let control = Control::new(target)?;
    control.answer_time()?;
    let needs = plan.needs(wallet.issued);
    let mut prepared = Prepared::default();
    prepared.residents += register(&control, &needs, wallet)?;
    let mut lapsing = None;
    if needs.verifies && wallet.bad.expired.is_empty() && options.settings.expired_share.get() > 0.0 {
        issue_lapsing(target, &control, &needs, wallet, options, &mut prepared)?;
        lapsing = Some(Instant::now());
    }
    issue_held(target, &needs, wallet, options, &mut prepared)?;
    if needs.verifies && wallet.bad.unknown.is_empty() {
        wallet.bad.unknown = unknown_codes(wallet, options.seed);
    }
    if let Some(since) = lapsing {
        std::thread::sleep(LAPSE.saturating_sub(since.elapsed()));
    }
    Ok(prepared)
}

/// Gives a token to every resident who is new in the wallet, those apart who will register in the run.
fn register(control: &Control, needs: &Needs, wallet: &mut Wallet) -> Result<u64, LoadError> {
    let newcomer = |resident: &u32| needs.newcomers.binary_search(resident).is_ok();
    let residents: Vec<u32> = (wallet.residents..needs.residents).filter(|resident| !newcomer(resident)).collect();
    let name = wallet.name.clone();
    let documents = residents.iter().map(|resident| format!("load-test-{name}-{resident}"));
    let mut numbers = residents.iter();
    control.register(documents, |token| {
        if let Some(resident) = numbers.next() {
            wallet.set_token(*resident, token);
        }
    })?;
    wallet.residents = wallet.residents.max(needs.residents);
    wallet.patients = needs.patients;
    Ok(residents.len() as u64)
}

/// Issues passes for one second to residents who do nothing else.
fn issue_lapsing(
    target: &Target,
    control: &Control,
    needs: &Needs,
    wallet: &mut Wallet,
    options: &Options<'_>,
    prepared: &mut Prepared,
) -> Result<(), LoadError> {
    let mut lapsing = Wallet::new(1);
    let needs_of_lapsing = Needs { residents: BAD_PASSES, ..Needs::default() };
    prepared.residents += register(control, &needs_of_lapsing, &mut lapsing)?;
    let purpose = needs.holders.first().map_or(Purpose::Groceries, |(_, purpose)| *purpose);
    let errand = |resident| Errand { resident, purpose, duration_s: Some(1) };
    let errands: Vec<Errand> = (0..BAD_PASSES).map(errand).collect();
    let counts = issue_all(target, &errands, CONNECTIONS, &mut lapsing, options)?;
    note(&counts, prepared);
    wallet.bad.expired = (0..BAD_PASSES).filter_map(|resident| lapsing.code(resident).map(str::to_owned)).collect();
    Ok(())
}

/// Issues the passes that are shown or given back without having been asked for in the plan.
fn issue_held(
    target: &Target,
    needs: &Needs,
    wallet: &mut Wallet,
    options: &Options<'_>,
    prepared: &mut Prepared,
) -> Result<(), LoadError> {
    let missing = needs.holders.iter().filter(|(resident, _)| wallet.code(*resident).is_none());
    let errands: Vec<Errand> = missing
        .map(|(resident, purpose)| Errand { resident: *resident, purpose: *purpose, duration_s: None })
        .collect();
    wallet.holders = needs.holders.len() as u32;
    if errands.is_empty() {
        return Ok(());
    }
    let counts = issue_all(target, &errands, CONNECTIONS, wallet, options)?;
    if counts.right == 0 && counts.abandoned == 0 {
        let Counts { refused, overloaded, wrong, failed, timed_out, .. } = counts;
        let detail = format!(
            "{refused} refused, {overloaded} turned away as overloaded, {wrong} answered wrongly, {failed} connections lost, {timed_out} timed out; \
             look at the target's policy (purposes, quotas, dates)"
        );
        return Err(LoadError::NoPasses { wanted: errands.len() as u64, detail });
    }
    note(&counts, prepared);
    Ok(())
}

fn note(counts: &Counts, prepared: &mut Prepared) {
    prepared.passes += counts.right;
    if counts.right < counts.asked {
        prepared.warnings.push(Warning::PassesMissing { missing: counts.asked - counts.right, wanted: counts.asked });
    }
}

/// Codes that look like those of the target and were never issued by it: of the same scheme, with other random bits or another key.
fn unknown_codes(wallet: &Wallet, seed: u64) -> Vec<String> {
    let Some(genuine) = (0..wallet.residents).find_map(|resident| wallet.code(resident)) else { return Vec::new() };
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    // A foreign scheme's codes cannot be made here; those of `lookup` are at least unknown there.
    let kind = match SchemeKind::Signed.build(&[0; 32]).verifier.check(genuine, now_s) {
        Check::Invalid(passes::Invalid::Forged) => SchemeKind::Signed,
        _ => SchemeKind::Lookup,
    };
    let scheme = kind.build(&array(|place| keyed(seed, Draw::BadPass, place as u64) as u8));
    let code = |index| {
        let random = array(|place| keyed(seed, Draw::BadPass, 1_000 + 16 * u64::from(index) + place as u64) as u8);
        let window = Window { from_s: now_s, until_s: now_s + 3_600 };
        scheme.issuer.code(&Grant { pass: PassId::from_bytes(random), purpose: Purpose::Groceries, window })
    };
    (0..BAD_PASSES).map(code).collect()
}

fn array<const N: usize>(byte: impl Fn(usize) -> u8) -> [u8; N] {
    std::array::from_fn(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_codes_are_of_the_targets_own_scheme() {
        let window = Window { from_s: 0, until_s: i64::MAX };
        let grant = Grant { pass: PassId::from_bytes([9; 16]), purpose: Purpose::Pet, window };
        for kind in SchemeKind::ALL {
            let target = kind.build(&[77; 32]);
            let mut wallet = Wallet::new(1);
            wallet.set_token(0, "token");
            wallet.shards[0].codes.set(0, &target.issuer.code(&grant));
            let codes = unknown_codes(&wallet, 1);
            assert_eq!(codes.len(), BAD_PASSES as usize);
            for code in codes {
                match (kind, target.verifier.check(&code, 5)) {
                    (SchemeKind::Lookup, Check::AskCentre(_)) => {}
                    (SchemeKind::Signed, Check::Invalid(passes::Invalid::Forged)) => {}
                    (_, check) => panic!("{kind:?}: {check:?}"),
                }
            }
        }
    }
}
