//! What a run would send first, byte for byte, with nothing sent.

use std::time::Duration;

use crate::journeys::Journeys;
use crate::request::Templates;
use crate::schedule::{People, Schedule};
use crate::showing::Showing;
use crate::wallet::{BadPasses, Dealing, Pocket};
use crate::{Kind, LoadError, Options, Plan, Shard, Target};

/// A request that would be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// When, from the start of the run.
    pub at: Duration,
    /// What is asked.
    pub kind: Kind,
    /// The number of the resident who asks.
    pub resident: u32,
    /// What goes over the wire. Tokens and codes, which only the target can give, are stood in for by words that say so.
    pub bytes: Vec<u8>,
}

/// The first `count` requests of `plan` that this `shard` of it would send to `target`. Nothing is sent, nothing is asked.
///
/// # Errors
/// [`LoadError::Impossible`] as a run would.
pub fn preview(
    target: &Target,
    plan: &Plan,
    options: &Options<'_>,
    shard: Shard,
    count: usize,
) -> Result<Vec<Preview>, LoadError> {
    let faults = [plan.faults(), plan.faults_at(target), options.settings.faults()].concat();
    if !faults.is_empty() {
        return Err(LoadError::Impossible(faults));
    }
    let templates = Templates::new(target, &target.described(false), plan.get_path(), "RUN".to_owned());
    let bad = BadPasses {
        expired: vec!["EXPIRED-PASS".into()],
        unknown: vec!["UNKNOWN-PASS".into()],
        replayed: vec!["REPLAYED-PASS".into()],
    };
    let needs = plan.needs(0, templates.single_use);
    let people = People {
        residents: needs.residents,
        holders: needs.holders.len() as u32,
        patients: needs.patients,
        issued: 0,
        single_use: templates.single_use,
    };
    let dealing = Dealing { shard: shard.index, shards: shard.of, lanes: 1 };
    let mut pocket = Pocket::default();
    let mut journeys = Journeys {
        templates: &templates,
        showing: Showing::new(&options.settings, options.seed, &bad, templates.single_use),
        dealing,
        residents: needs.residents,
        pocket: &mut pocket,
        phones: None,
        forged: String::new(),
    };
    let schedule = Schedule::new(plan.source(people, options.seed), dealing, 0);
    let previews = schedule.take(count).map(|ask| {
        let (place, resident) = (dealing.place(ask.resident), ask.resident);
        journeys.pocket.tokens.set(place, &format!("TOKEN-OF-RESIDENT-{resident}"));
        let [pass, code] = ["PASS", "CODE"].map(|what| format!("{what}-OF-RESIDENT-{resident}"));
        journeys.pocket.keep(place, ask.purpose, &pass, &code);
        let mut bytes = Vec::new();
        // All are there.
        let _ = journeys.compose(&ask, &mut bytes);
        Preview { at: Duration::from_nanos(ask.at_ns), kind: ask.kind, resident, bytes }
    });
    Ok(previews.collect())
}
