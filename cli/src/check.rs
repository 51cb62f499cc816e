//! `lockgate check`: reads a scenario and explains it.

use demand::SimTime;
use passes::{Policy, Purpose, PurposeRule};
use report::number;

use crate::args::Check;
use crate::failure::Ending;
use crate::policy_text;
use crate::scenario::Scenario;
use crate::sweep::Sweep;
use crate::validate;

/// Explains the scenario, or names everything that is wrong with it.
pub(crate) fn run(arguments: &Check) -> anyhow::Result<Ending> {
    let scenario = Scenario::read_swept(&arguments.scenario, &arguments.changes.set)?;
    let listed: u64 = scenario.places.iter().map(|place| u64::from(place.residents)).sum();
    let rural = u64::from(scenario.settings.region.residents) - listed;
    scenario.yardsticks()?;
    print!("{}", explain(&scenario, rural));
    Ok(Ending::Held)
}

fn explain(scenario: &Scenario, rural: u64) -> String {
    let calendar = &scenario.calendar;
    let last = calendar.date(calendar.days - 1);
    let mut text = format!("{}\n", scenario.title);
    if !scenario.question.is_empty() {
        text += &format!("{}\n", scenario.question);
    }
    text += &format!(
        "\n{} residents in {} places, {} of them in villages that are not listed; {} to {last} (UTC{:+} min), seed {}\n",
        number::whole(u64::from(scenario.settings.region.residents)),
        scenario.places.len(),
        number::whole(rural),
        calendar.start,
        calendar.utc_offset_min,
        scenario.seed,
    );
    text += &policy_text::of(&scenario.policy);
    text += &format!(
        "Objectives: {} % of each kind of request within {} ms, {} % answered rightly\n",
        scenario.slo.percentile,
        scenario.slo.response_time_ms,
        100.0 * scenario.slo.right_share.get(),
    );
    text += &format!("Reference server: scheme {}\n\n", scenario.server.scheme.name());
    text += &validate::explain(&scenario.published);
    text += &explain_sweep(&scenario.sweep);
    for doubt in doubts(scenario) {
        text += &format!("doubtful: {doubt}\n");
    }
    text + "The scenario can be used.\n"
}

/// What a sweep makes of the scenario; nothing when there is none.
fn explain_sweep(sweep: &Sweep) -> String {
    if sweep.is_empty() {
        return String::new();
    }
    let points = number::whole(sweep.points() as u64);
    let lines: String = sweep.lines().iter().map(|line| format!("  {line}\n")).collect();
    format!(
        "Sweep: {points} scenarios, each value of a key with each of the others; `simulate` makes {points} runs, and with --runs N, \
         N times as many\n{lines}"
    )
}

/// What is possible and hardly meant.
fn doubts(scenario: &Scenario) -> Vec<String> {
    let (calendar, policy) = (&scenario.calendar, &scenario.policy);
    let mut doubts = Vec::new();
    let (first, end) = (calendar.civil(SimTime::default()), calendar.civil(calendar.end()));
    if policy.from >= end || policy.until <= first {
        doubts
            .push(format!("the policy is in force on none of the days from {first} to {end}: nobody asks for a pass"));
    }
    for quota in policy.phases.iter().flat_map(|phase| phase.quotas.iter().flatten()).chain(&policy.quotas) {
        let without = |purpose: &&Purpose| !gives_passes(policy, **purpose);
        for purpose in quota.purposes.iter().filter(without) {
            doubts.push(format!("a quota limits passes for {purpose}, for which there are none"));
        }
    }
    doubts
}

/// Whether there are passes for `purpose` in any phase.
fn gives_passes(policy: &Policy, purpose: Purpose) -> bool {
    let phases = policy.phases.iter().map(|phase| &phase.purposes).chain([&policy.purposes]);
    phases.filter_map(|purposes| purposes.get(&purpose)).any(PurposeRule::gives_passes)
}
