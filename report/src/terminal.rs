//! The verdict and the small tables as plain text.

use crate::grid::{self, Grid};
use crate::record::Status;
use crate::warnings::together;
use crate::{Figure, RunRecord, number};

/// What the command line prints at the end of a run: small tables, warnings, and last the sentence that matters.
pub fn summary(record: &RunRecord) -> String {
    let mut text = String::new();
    let results = &record.results;
    if let Some(simulate) = &results.simulate {
        push_grid(&mut text, &grid::demand(simulate));
        text.push('\n');
        push_facts(&mut text, &grid::people(simulate));
        for sentence in grid::extremes(simulate) {
            text += &format!("{sentence}\n");
        }
        text.push('\n');
        push_grid(&mut text, &grid::equity(simulate));
        text.push('\n');
        let speed = number::count(simulate.resident_days_per_s as u64);
        text += &format!(
            "{} residents, {} days, {speed} resident-days/s, peak memory {}, fingerprint {}\n\n",
            number::whole(simulate.residents),
            simulate.days,
            number::bytes(simulate.peak_memory_bytes),
            simulate.fingerprint
        );
    }
    if let Some(ensemble) = &results.ensemble {
        push_grid(&mut text, &grid::ranges(ensemble));
        text += &format!("peak memory {}\n\n", number::bytes(ensemble.peak_memory_bytes));
    }
    if let Some(capacity) = &results.capacity {
        push_grid(&mut text, &grid::paths(capacity));
        text.push('\n');
        for grid in [grid::overload(capacity), grid::scalability(capacity)].iter().filter(|grid| !grid.rows.is_empty())
        {
            push_grid(&mut text, grid);
            text.push('\n');
        }
    }
    if let Some(ledger) = &results.ledger {
        push_grid(&mut text, &crate::ledger::grid(ledger));
        text.push('\n');
        let contents = crate::ledger::contents(ledger);
        push_facts(&mut text, &contents.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>());
        text.push('\n');
    }
    if let Some(load) = &results.load {
        push_grid(&mut text, &grid::counts(load));
        text.push('\n');
        push_grid(&mut text, &grid::times_taken(load));
        text.extend(load.assessment.iter().map(|assessment| format!("{assessment}\n")));
        text.push('\n');
    }
    text += &warnings(record);
    for failure in &record.failures {
        text += &format!("failed: {failure}\n");
    }
    if record.status == Status::Partial {
        text += "The run was stopped before its end: these results are partial.\n";
    }
    text += &record.sentence;
    text.push('\n');
    text
}

/// A line for each warning; what holds for several paths or schemes is said once.
pub fn warnings(record: &RunRecord) -> String {
    together(&record.warnings, &record.results).iter().map(|warning| format!("warning: {warning}\n")).collect()
}

/// A line for each fact, values to the right of the longest name.
fn push_facts(text: &mut String, facts: &[(&str, String)]) {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in facts {
        *text += &format!("{name:<width$}  {value}\n");
    }
}

/// What differs between two scenarios.
pub fn differences(differences: &[crate::Difference]) -> String {
    let mut text = String::new();
    push_grid(&mut text, &crate::comparison::grid(differences));
    text
}

/// What changed from one load run to another.
pub fn changes(results: &crate::record::LoadComparisonResults) -> String {
    let mut text = String::new();
    push_grid(&mut text, &grid::changes(&results.changes));
    text
}

/// What each scheme's server can bear, and, where it was counted, what each design costs beside what its operator learns.
pub fn schemes(schemes: &crate::record::SchemeResults, ledger: Option<&crate::record::LedgerResults>) -> String {
    let mut text = String::new();
    push_grid(&mut text, &grid::by_scheme(schemes, grid::paths));
    let beyond = grid::by_scheme(schemes, grid::overload);
    if !beyond.rows.is_empty() {
        text.push('\n');
        push_grid(&mut text, &beyond);
    }
    if let Some(ledger) = ledger {
        text.push('\n');
        push_grid(&mut text, &crate::designs::grid(schemes, ledger));
    }
    text
}

/// Published figures beside the model's; nothing when there are none.
pub fn figures(figures: &[Figure]) -> String {
    if figures.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    push_grid(&mut text, &grid::figures(figures));
    text.push('\n');
    text
}

/// Published figures and the bands around them.
pub fn bands(published: &[sim::Published]) -> String {
    let mut text = String::new();
    push_grid(&mut text, &grid::bands(published));
    text
}

/// Columns aligned by spaces, the first to the left, numbers to the right; nothing where there are no rows.
fn push_grid(text: &mut String, grid: &Grid) {
    if grid.rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let cells = grid.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([grid.header[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..grid.header.len()).map(width).collect();
    let header = grid.header.iter().map(|name| (*name).to_owned()).collect();
    for row in [&header].into_iter().chain(&grid.rows) {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                *text += &format!("{cell:<width$}");
            } else {
                *text += &format!("  {cell:>width$}");
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another() {
        let mut text = String::new();
        let rows = vec![vec!["issue".into(), "6,100/s".into()], vec!["mix".into(), "–".into()]];
        push_grid(&mut text, &Grid { header: vec!["path", "usable"], rows });
        assert_eq!(text, "path    usable\nissue  6,100/s\nmix          –\n");
    }
}
