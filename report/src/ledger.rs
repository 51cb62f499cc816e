//! A privacy ledger in words: its table, what its facts are of, and the sentence that matters.

use crate::grid::Grid;
use crate::number::{count, whole};
use crate::record::{LedgerResults, LedgerRow, LinkedFacts, Moment};

/// A row for each design and moment.
pub(crate) fn grid(ledger: &LedgerResults) -> Grid {
    let row = |row: &LedgerRow| {
        let LinkedFacts { person_time, person_place_time, officer_person } = row.linked;
        vec![
            row.design(),
            row.moment.words().to_owned(),
            whole(row.persons),
            whole(person_time),
            whole(person_place_time),
            whole(officer_person),
            whole(row.remnants + row.clear_texts),
            if row.proves { "yes" } else { "nothing" }.to_owned(),
        ]
    };
    let header = vec![
        "design",
        "when",
        "persons",
        "person + time",
        "person + place + time",
        "officer + person",
        "left in files",
        "proves a pass",
    ];
    Grid { header, rows: ledger.rows.iter().map(row).collect() }
}

/// For each design and moment at which anything is linked, of what.
pub(crate) fn contents(ledger: &LedgerResults) -> Vec<(String, String)> {
    let told = |row: &LedgerRow| {
        let parts = row.by_kind.iter().map(|(kind, linked)| of_kind(kind, *linked)).collect::<Vec<_>>();
        (!parts.is_empty()).then(|| (format!("{}, {}", row.design(), row.moment.words()), parts.join("; ")))
    };
    ledger.rows.iter().filter_map(told).collect()
}

fn of_kind(kind: &str, linked: LinkedFacts) -> String {
    let what = match kind {
        "register" => "when somebody registered",
        "issue" => "when somebody asked for a pass",
        "verify" => "when somebody was checked",
        "cancel" => "when somebody gave a pass back",
        "check_in" => "when a patient at home last answered",
        other => other,
    };
    let LinkedFacts { person_time, person_place_time, officer_person } = linked;
    let with = [(person_place_time, "where"), (officer_person, "by which officer")];
    let with: Vec<String> =
        with.iter().filter(|(rows, _)| *rows > 0).map(|(rows, what)| format!("{} {what}", whole(*rows))).collect();
    let more = if with.is_empty() { String::new() } else { format!(" (of them {})", with.join(", ")) };
    format!("{} {what}{more}", whole(person_time))
}

/// A day without checks shows nothing of what checks leave behind.
const NOBODY_CHECKED: &str = "nobody was checked on the day, so it does not show which designs tell who was where";

/// Whether a day was counted, and no officer checked anybody on it.
fn nobody_checked(ledger: &LedgerResults) -> bool {
    !ledger.rows.is_empty() && ledger.rows.iter().all(|row| row.checks == 0)
}

/// Which designs tell who was where, in a few words beside other findings; none where no day was counted.
pub(crate) fn clause(ledger: &LedgerResults) -> Option<String> {
    let days = || ledger.rows.iter().filter(|row| row.moment == Moment::EndOfDay);
    if nobody_checked(ledger) {
        return Some(NOBODY_CHECKED.into());
    }
    let tell: Vec<String> = days().filter(|row| row.linked.person_place_time > 0).map(LedgerRow::design).collect();
    days().next().map(|_| match tell.as_slice() {
        [] => "no design tells who was where".into(),
        [one] => format!("of the designs, only {one} tells who was where"),
        several => format!("{} tell who was where", several.join(" and ")),
    })
}

/// What the ledger comes to, without a full stop.
pub(crate) fn sentence(ledger: &LedgerResults) -> String {
    let at = |moment: Moment| ledger.rows.iter().filter(move |row| row.moment == moment);
    let named = |rows: Vec<&LedgerRow>| rows.iter().map(|row| row.design()).collect::<Vec<_>>().join(", ");
    let (tell, do_not): (Vec<&LedgerRow>, Vec<&LedgerRow>) =
        at(Moment::EndOfDay).partition(|row| row.linked.person_place_time > 0);
    let mut clauses = Vec::new();
    clauses.extend(tell.iter().map(|row| {
        let LinkedFacts { person_place_time, officer_person, .. } = row.linked;
        let (places, officers) = (count(person_place_time), count(officer_person));
        format!("at the end of the day {} tells {places} times who was where and when, and {officers} times who met which officer", row.design())
    }));
    if nobody_checked(ledger) {
        clauses.push(NOBODY_CHECKED.into());
    } else if !do_not.is_empty() {
        let verb = if do_not.len() == 1 { "tells" } else { "tell" };
        clauses.push(format!("{} {verb} nobody's place", named(do_not)));
    }
    let left = |moment| at(moment).filter(|row| row.linked != LinkedFacts::default()).collect::<Vec<_>>();
    let kept = left(Moment::AfterRetention);
    if kept.is_empty() && at(Moment::AfterRetention).next().is_some() {
        clauses.push("after retention nothing is linked any more".into());
    } else if let Some(most) = kept.iter().map(|row| row.linked.person_time).max() {
        clauses.push(format!(
            "after retention up to {} persons are still linked with a time ({})",
            count(most),
            named(kept)
        ));
    }
    let leaks: u64 = ledger.rows.iter().map(|row| row.remnants + row.clear_texts).sum();
    if leaks > 0 {
        clauses.push(format!("{} values stand in files that should not", count(leaks)));
    }
    clauses.join("; ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A ledger of two designs.
    pub(crate) fn example() -> LedgerResults {
        let none = LinkedFacts::default();
        let row = |scheme: &str, log_checks, moment, persons, linked: LinkedFacts| LedgerRow {
            scheme: scheme.into(),
            log_checks,
            moment,
            passes: 900,
            checks: 80,
            persons,
            rows: 2 * persons,
            linked,
            by_kind: [("verify".to_owned(), linked)].into_iter().filter(|(_, linked)| *linked != none).collect(),
            remnants: 0,
            clear_texts: 0,
            proves: scheme != "none",
        };
        let logged = LinkedFacts { person_time: 980, person_place_time: 80, officer_person: 79 };
        LedgerResults {
            residents: 1_000,
            rows: vec![
                row("none", false, Moment::EndOfDay, 0, none),
                row("none", false, Moment::AfterRetention, 0, none),
                row("lookup", true, Moment::EndOfDay, 700, logged),
                row("lookup", true, Moment::AfterRetention, 700, none),
            ],
        }
    }

    #[test]
    fn the_sentence_says_who_tells_what() {
        let mut ledger = example();
        assert_eq!(
            sentence(&ledger),
            "at the end of the day lookup+log tells 80 times who was where and when, and 79 times who met which officer; none tells nobody's \
             place; after retention nothing is linked any more"
        );
        ledger.rows[3].linked.person_time = 700;
        ledger.rows[3].remnants = 2;
        let told = sentence(&ledger);
        assert!(told.contains("up to 700 persons are still linked with a time (lookup+log)"), "{told}");
        assert!(told.ends_with("2 values stand in files that should not"), "{told}");
    }

    #[test]
    fn a_day_without_checks_proves_no_silence() {
        let mut ledger = example();
        for row in &mut ledger.rows {
            (row.checks, row.linked) = (0, LinkedFacts::default());
        }
        let told = "nobody was checked on the day, so it does not show which designs tell who was where";
        assert_eq!(clause(&ledger).unwrap(), told);
        assert_eq!(sentence(&ledger), format!("{told}; after retention nothing is linked any more"));
    }

    #[test]
    fn beside_other_findings_it_is_short() {
        let mut ledger = example();
        assert_eq!(clause(&ledger).unwrap(), "of the designs, only lookup+log tells who was where");
        ledger.rows.truncate(2);
        assert_eq!(clause(&ledger).unwrap(), "no design tells who was where");
        assert_eq!(clause(&LedgerResults::default()), None);
    }

    #[test]
    fn what_the_facts_are_of_is_told() {
        let told = contents(&example());
        let expected = "980 when somebody was checked (of them 80 where, 79 by which officer)";
        assert_eq!(told, [("lookup+log, end of the day".to_owned(), expected.to_owned())]);
    }
}
