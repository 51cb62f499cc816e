//! `lockgate simulate --validate`: the model's figures beside those that were published.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use report::{Figure, terminal};
use sim::{Published, Simulation};

use crate::failure::bad_input;
use crate::scenario::Scenario;

/// The published figures of `scenario` and what `simulation` made of them; none when nobody asked for them. `simulate` makes a run of
/// another scenario, one to which figures are relative.
pub(crate) fn figures(
    scenario: &Scenario,
    simulation: &Simulation,
    simulate: impl Fn(&Scenario) -> anyhow::Result<Simulation>,
) -> anyhow::Result<Vec<Figure>> {
    if !scenario.validates {
        return Ok(Vec::new());
    }
    if scenario.published.is_empty() {
        return Err(bad_input("--validate: the scenario names no published figures; write [[published]] entries"));
    }
    let runs: BTreeMap<&str, (Simulation, u64)> = scenario
        .yardsticks()?
        .into_iter()
        .map(|(name, other)| Ok((name, (simulate(&other)?, other.residents()))))
        .collect::<anyhow::Result<_>>()?;
    let figure = |published: &Published| {
        let there = published.relative_to.as_deref().and_then(|name| runs.get(name));
        let there = there.and_then(|(run, residents)| published.measure.value(run, *residents));
        let here = published.measure.value(simulation, scenario.residents());
        Figure { published: published.clone(), simulated: published.simulated(here, there) }
    };
    Ok(scenario.published.iter().map(figure).collect())
}

impl Scenario {
    /// Residents of the whole region, however many of them are simulated.
    fn residents(&self) -> u64 {
        self.settings.region.residents.into()
    }

    /// The scenarios to which its published figures are relative, by the names they have there.
    pub(crate) fn yardsticks(&self) -> anyhow::Result<BTreeMap<&str, Scenario>> {
        let names: BTreeSet<&str> = self.published.iter().filter_map(|entry| entry.relative_to.as_deref()).collect();
        names.into_iter().map(|name| Ok((name, self.beside(name)?))).collect()
    }

    /// The scenario `name` beside this one, with the same luck and in a copy as small as this one.
    fn beside(&self, name: &str) -> anyhow::Result<Scenario> {
        let folder = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut other = Scenario::read(&folder.join(name), &[])?;
        other.seed = self.seed;
        let shrink = |residents| (u64::from(residents) * other.residents() / self.residents().max(1)) as u32;
        other.shrunk_to = self.shrunk_to.map(shrink);
        Ok(other)
    }
}

/// What `lockgate check` says of published figures.
pub(crate) fn explain(published: &[Published]) -> String {
    match published.is_empty() {
        true => String::new(),
        false => format!(
            "Published, and where the model should lie (simulate --validate):\n{}\n",
            terminal::bands(published)
        ),
    }
}
