//! Whom a plan needs before it starts.

use passes::Purpose;

use super::Mix;
use crate::Kind;

/// Whom a plan needs before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Needs {
    /// How many residents have a place in the wallet.
    pub(crate) residents: u32,
    /// Those who register in the run itself, in order.
    pub(crate) newcomers: Vec<u32>,
    /// Residents who hold a pass from the start, with its purpose.
    pub(crate) holders: Vec<(u32, Purpose)>,
    /// How many residents only check in; in a mix they come next after the holders.
    pub(crate) patients: u32,
    /// Whether passes are shown at all.
    pub(crate) verifies: bool,
}

/// So many residents hold the passes that a mix verifies: enough that no row of the target's store is hot, few enough to be issued
/// in a second (assumption).
pub(super) const HOLDERS: u32 = 2_000;
/// So many patients at home answer prompts: enough that no row of the target's store is hot (assumption).
const PATIENTS: u32 = 10_000;
/// Without a quota so many residents ask for passes in turn (assumption).
const ASKERS: u32 = 10_000;
/// A closed loop's rate is not known beforehand; with a quota, residents are prepared for so many issues a second (assumption).
const CLOSED_ISSUES_PER_S: f64 = 20_000.0;
/// Where a pass can be shown once, so many checks a second have passes of their own (assumption: to issue ten times as many would take
/// longer than the run).
const CLOSED_CHECKS_PER_S: f64 = 2_000.0;

/// So many requests a second of a closed loop are prepared for.
pub(super) fn closed_per_s(mix: &Mix, single_use: bool) -> f64 {
    if single_use && mix.share(Kind::Verify) > 0.0 { CLOSED_CHECKS_PER_S } else { CLOSED_ISSUES_PER_S }
}

/// So many of a Poisson count with this mean are never exceeded: counts scatter by their square root, and five of these are never met.
fn at_most(mean: f64) -> f64 {
    mean + 5.0 * mean.sqrt()
}

/// The first residents hold passes, the next are patients at home, all others ask for passes in turn.
pub(super) fn mix_needs(mix: &Mix, requests: f64, issued: u64, single_use: bool) -> Needs {
    let verifies = mix.share(Kind::Verify) > 0.0;
    let holders = match (verifies, single_use) {
        (false, _) => 0,
        (true, false) => HOLDERS,
        (true, true) => at_most(requests * mix.share(Kind::Verify)).ceil() as u32 + 1,
    };
    let patients = if mix.share(Kind::CheckIn) > 0.0 { PATIENTS } else { 0 };
    let issues = requests * mix.share(Kind::Issue);
    let askers = match mix.issues_per_resident {
        _ if mix.share(Kind::Issue) + mix.share(Kind::Cancel) == 0.0 => 0,
        None => ASKERS,
        Some(most) => ((issued as f64 + at_most(issues)) / f64::from(most)).ceil() as u32 + 1,
    };
    Needs {
        residents: holders + patients + askers,
        holders: (0..holders).map(|number| (number, mix.purpose)).collect(),
        newcomers: Vec::new(),
        patients,
        verifies,
    }
}
