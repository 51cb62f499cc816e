//! What each design costs, beside what it lets its operator learn: the two halves of a choice, in one table.

use crate::grid::Grid;
use crate::number::{NONE, time_us, whole};
use crate::record::{
    CapacityResults, LedgerResults, LedgerRow, LinkedFacts, Moment, SchemeResults, Verdict, scheme_and_store,
};
use crate::verdict::{headroom_words, nothing_held, tightest};

/// A row for each design of the ledger. What was not measured of a design, such as the capacity of a server that logs checks, is left open.
pub(crate) fn grid(schemes: &SchemeResults, ledger: &LedgerResults) -> Grid {
    let header = vec![
        "design",
        "proves",
        "headroom",
        "an issue",
        "a check",
        "person + time",
        "person + place + time",
        "officer + person",
        "after retention",
    ];
    let days = ledger.rows.iter().filter(|row| row.moment == Moment::EndOfDay);
    let rows = |day: &LedgerRow| {
        let LinkedFacts { person_time, person_place_time, officer_person } = day.linked;
        let left = ledger.rows.iter().find(|row| row.moment == Moment::AfterRetention && row.design() == day.design());
        // What a server holds does not hang on its store; what it costs does.
        let of_scheme = |name: &str| scheme_and_store(name).0 == day.scheme && !day.log_checks;
        let found = schemes.iter().filter(|(name, _)| of_scheme(name));
        let mut servers: Vec<_> = found.map(|(name, capacity)| (name.clone(), Some(capacity))).collect();
        if servers.is_empty() {
            servers.push((day.design(), None));
        }
        let row = |(name, capacity): (String, Option<&CapacityResults>)| {
            let mut row = vec![name, if day.proves { "yes" } else { "nothing" }.to_owned()];
            row.extend(costs(capacity));
            row.extend([person_time, person_place_time, officer_person].map(whole));
            row.push(left.map_or(NONE.into(), |left| whole(left.linked.person_time)));
            row
        };
        servers.into_iter().map(row).collect::<Vec<_>>()
    };
    Grid { header, rows: days.flat_map(rows).collect() }
}

/// Headroom of the tightest path, and the server's processor time for an issue and a verification.
fn costs(capacity: Option<&CapacityResults>) -> [String; 3] {
    let open = || NONE.to_owned();
    let Some(capacity) = capacity else { return std::array::from_fn(|_| open()) };
    let headroom = match nothing_held(capacity) {
        Some((Verdict::Failed, _)) => "none".to_owned(),
        _ => tightest(capacity).and_then(|path| headroom_words(capacity, path)).unwrap_or_else(open),
    };
    let takes = |path: &str| capacity.paths.get(path).and_then(|path| path.server_cpu_us).map_or_else(open, time_us);
    [headroom, takes("issue"), takes("verify")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::tests::example;
    use crate::verdict::tests::capacity;

    #[test]
    fn cost_and_learning_stand_in_one_row() {
        let mut lookup = capacity(&[("issue", Some(600.0), None, 100.0)]).capacity.unwrap();
        lookup.headroom.insert("issue".into(), 6.0);
        lookup.paths.get_mut("issue").unwrap().server_cpu_us = Some(21.5);
        let schemes = [("lookup".to_owned(), lookup)].into();
        let mut ledger = example();
        let logged = &grid(&schemes, &ledger);
        assert!(logged.rows.iter().all(|row| row.len() == logged.header.len()));
        let expected = ["lookup+log", "yes", NONE, NONE, NONE, "980", "80", "79", "0"];
        assert_eq!(logged.rows[1], expected, "what it costs to log checks was not measured");
        ledger.rows.iter_mut().for_each(|row| row.log_checks = false);
        let row = &grid(&schemes, &ledger).rows[1];
        assert_eq!(row[..5], ["lookup", "yes", "at least 6 times", "21.5 µs", NONE]);
        let found = &schemes["lookup"];
        let stores = ["embedded", "postgres"].map(|store| (format!("lookup on {store}"), found.clone()));
        let rows = grid(&stores.into(), &ledger).rows;
        assert_eq!(rows[1][..3], ["lookup on embedded", "yes", "at least 6 times"]);
        assert_eq!(rows[2][..3], ["lookup on postgres", "yes", "at least 6 times"]);
        let broken =
            capacity(&[("issue", Some(600.0), None, 100.0), ("mix", None, Some(50.0), 100.0)]).capacity.unwrap();
        let row = &grid(&[("lookup".to_owned(), broken)].into(), &ledger).rows[1];
        assert_eq!(row[2], "none", "no load held, which was measured");
    }
}
