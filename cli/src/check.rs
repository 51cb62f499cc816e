//! `lockgate check`: reads a scenario and explains it.

use passes::Purpose;
use report::number;

use crate::args::Check;
use crate::failure::Ending;
use crate::scenario::Scenario;

/// Explains the scenario, or names everything that is wrong with it.
pub(crate) fn run(arguments: &Check) -> anyhow::Result<Ending> {
    let scenario = Scenario::read(&arguments.scenario)?;
    let listed = scenario.places()?;
    let residents = scenario.settings.region.residents;
    let places = sim::complete_places(&listed, residents).map_err(|fault| scenario.faults(vec![fault]))?;
    print!("{}", explain(&scenario, listed.len(), places.len() - listed.len()));
    Ok(Ending::Held)
}

fn explain(scenario: &Scenario, listed: usize, remainder: usize) -> String {
    let calendar = &scenario.calendar;
    let last = calendar.date(calendar.days - 1);
    let rural = if remainder > 0 { " and villages" } else { "" };
    let mut text = format!("{}\n", scenario.title);
    if !scenario.question.is_empty() {
        text += &format!("{}\n", scenario.question);
    }
    text += &format!(
        "\n{} residents in {listed} places{rural}, {} to {last} (UTC{:+} min), seed {}\n",
        number::whole(u64::from(scenario.settings.region.residents)),
        calendar.start,
        calendar.utc_offset_min,
        scenario.seed,
    );
    text += &format!("A pass is needed from {} until {}:\n", scenario.policy.from, scenario.policy.until);
    for purpose in Purpose::ALL {
        let rule = match scenario.policy.purposes.get(&purpose) {
            Some(rule) if rule.needs_pass => format!("{} min", rule.validity_min),
            Some(_) => "allowed without a pass".to_owned(),
            None => "forbidden".to_owned(),
        };
        text += &format!("  {:<10} {rule}\n", purpose.name());
    }
    for quota in &scenario.policy.quotas {
        let purposes: Vec<&str> = quota.purposes.iter().map(|purpose| purpose.name()).collect();
        let what = if purposes.is_empty() { "all purposes".to_owned() } else { purposes.join(", ") };
        text += &format!("  at most {} per {} for {what}\n", quota.passes, format!("{:?}", quota.per).to_lowercase());
    }
    text += &format!(
        "Objectives: {} % of each kind of request within {} ms, {} % answered rightly\n",
        scenario.slo.percentile,
        scenario.slo.response_time_ms,
        100.0 * scenario.slo.right_share.get(),
    );
    text += &format!("Reference server: scheme {}\n\nThe scenario can be used.\n", scenario.server.scheme.name());
    text
}
