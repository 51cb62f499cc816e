//! The experiment on a real server: known persons do known things at known times, and the auditor looks after each.

use std::path::Path;

use anyhow::ensure;
use demand::RequestKind;
use passes::{Policy, Purpose, PurposeRule, SchemeKind};

use super::auditor::{Lessons, OFFICERS, PEOPLE, Tried, acts};
use super::people::{Checkpoint, Done, Resident, Service};
use super::site::{Plan, Site};
use crate::scenario::Scenario;

/// What a design showed in the experiment.
#[derive(Default)]
pub(super) struct Trial {
    pub(super) lessons: Lessons,
    /// Whether a check tells a pass that was issued from one that was made up.
    pub(super) proves: bool,
}

const FROM: &str = "2020-04-02T00:00";
const UNTIL: &str = "2020-04-30T00:00";
/// When the experiment begins: a Monday morning, in Unix seconds.
const START_S: i64 = 1_586_158_200;
const PURPOSE: Purpose = Purpose::Pet;
const VALIDITY_MIN: u16 = 180;

/// Tries the design out on a server in `dir`, under a policy that lets everybody out: what is kept of an act does not depend on it.
pub(super) async fn hold(
    scenario: &Scenario,
    scheme: SchemeKind,
    log_checks: bool,
    dir: &Path,
) -> anyhow::Result<Trial> {
    let rule = PurposeRule::lasting(VALIDITY_MIN.into());
    let policy = Policy::new(FROM.parse()?, UNTIL.parse()?, [(PURPOSE, rule)].into());
    let rules = policy.rules(0);
    let site =
        Site::start(Plan { scenario, rules, scheme, log_checks, officers: OFFICERS, start_s: START_S }, dir).await?;
    site.move_to(START_S).await?;
    let mut service = Service { caller: site.caller.clone(), scheme, tells_place: log_checks, keys: Vec::new() };
    let before = site.look().await?.snapshot;
    let mut people: Vec<Resident> = (0..PEOPLE).map(|person| Resident::new(format!("document-of-{person}"))).collect();
    let (mut tried, mut refused) = (Vec::new(), 0);
    for act in acts() {
        let now_s = START_S + act.at_s;
        // Whatever is due then is removed first, so that what follows is of the act alone.
        site.move_to_when_due(now_s).await?;
        service.fetch_keys().await?;
        let checked = act.checked.map_or((0, 0), |checked| (checked.officer, checked.place));
        let checkpoint = Checkpoint { officer: checked.0, place: format!("place number {}", checked.1) };
        let done = service.act(act.kind, &mut people[act.person as usize], PURPOSE, now_s, &checkpoint).await?;
        refused += u32::from(done == Done::No && act.kind != RequestKind::Cancel);
        tried.push(Tried { act, after: site.look().await?.snapshot });
    }
    ensure!(refused == 0, "the server refused {refused} acts of the experiment");
    let proves = proves(&service, &mut people[0], START_S + tried.last().map_or(0, |tried| tried.act.at_s)).await?;
    site.end().await?;
    Ok(Trial { lessons: Lessons::learn(&before, &tried), proves })
}

/// Whether the centre accepts a code that was issued, and none that was altered.
async fn proves(service: &Service, resident: &mut Resident, now_s: i64) -> anyhow::Result<bool> {
    let checkpoint = Checkpoint { officer: 0, place: "place number 0".into() };
    service.act(RequestKind::Issue, resident, PURPOSE, now_s, &checkpoint).await?;
    let Some(code) = resident.passes.get(&PURPOSE).map(|held| held.code.clone()) else { return Ok(false) };
    let mut altered = code.clone();
    // The middle of a code is random or signed in every scheme.
    let middle = altered.len() / 2;
    let other = if altered.as_bytes().get(middle) == Some(&b'A') { "B" } else { "A" };
    altered.replace_range(middle..=middle, other);
    Ok(!service.verify(&altered, &checkpoint).await? && service.verify(&code, &checkpoint).await?)
}
