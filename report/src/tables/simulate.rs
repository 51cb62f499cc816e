//! Bulk tables of a simulation, written as its days pass.

use super::schema::{ColumnKind, ColumnSchema, TableSchema, purposes, request_kinds};

const LOCAL_MS: &str = "milliseconds";
const DAY: ColumnSchema = ColumnSchema::count("day", "", "The number of the day; 0 is the first");

/// One request to the server. The form `load --trace` reads.
pub const REQUESTS: TableSchema = TableSchema {
    name: "requests",
    meaning: "one request to the server, in order of time",
    columns: &[
        ColumnSchema::count("at_ms", LOCAL_MS, "When, since local midnight of the first day"),
        ColumnSchema::of("kind", ColumnKind::OneOf(request_kinds), "What is asked of the server"),
        ColumnSchema::count("resident", "", "Whom it is about: the number of a resident"),
        ColumnSchema::count("place", "", "Where the asker is: the number of a place"),
        ColumnSchema::of(
            "purpose",
            ColumnKind::OneOf(purposes),
            "What the pass is for; empty for a registration and a check-in",
        )
        .or_missing(),
    ],
    key: &[],
};

/// One trip.
pub const TRIPS: TableSchema = TableSchema {
    name: "trips",
    meaning: "one trip, by day, household, resident and departure: from home, or from the stop before on the same tour, to one destination, \
              until the resident is home again or leaves for the next stop",
    columns: &[
        ColumnSchema::count(
            "departs_s",
            "seconds",
            "When the resident leaves home or the stop before, since local midnight of the first day; rounded down",
        ),
        ColumnSchema::count(
            "length_s",
            "seconds",
            "From then until the resident is home again, or leaves for the next stop, also rounded down",
        ),
        ColumnSchema::count("resident", "", "Who: the number of a resident"),
        ColumnSchema::count("household", "", "Of which household"),
        ColumnSchema::count("origin", "", "The number of the place where the resident lives"),
        ColumnSchema::count("destination", "", "The number of the place gone to"),
        ColumnSchema::count(
            "distance_m",
            "metres",
            "How far from home the destination lies, as the crow flies; rounded up to two figures",
        ),
        ColumnSchema::count("stop", "", "Which stop of its tour this is; 0 for the first, which leaves from home"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "What for"),
        ColumnSchema::of(
            "pass",
            ColumnKind::OneOf(outcomes),
            "not_needed; issued: the resident had one; refused: went all the same; without: did not ask; gave_up: had no answer and went \
             all the same",
        ),
        ColumnSchema::of("check", ColumnKind::OneOf(verdicts), "What an officer found; empty when nobody checked")
            .or_missing(),
    ],
    key: &[],
};

/// One pass.
pub const PASSES: TableSchema = TableSchema {
    name: "passes",
    meaning: "one pass that was issued, in the order in which they were asked for on each day",
    columns: &[
        ColumnSchema::count("asked_at_ms", LOCAL_MS, "When it was asked for, since local midnight of the first day"),
        ColumnSchema::count("valid_from_ms", LOCAL_MS, "From when it holds"),
        ColumnSchema::count("valid_until_ms", LOCAL_MS, "The first instant at which it no longer holds"),
        ColumnSchema::count("cancelled_at_ms", LOCAL_MS, "When it was given back or annulled; empty when it was kept")
            .or_missing(),
        ColumnSchema::count("resident", "", "Whose it is: the number of a resident"),
        ColumnSchema::count("place", "", "The number of the place where the holder lives"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "What it permits"),
        ColumnSchema::of("channel", ColumnKind::OneOf(channels), "How it was asked for; phone: through an operator"),
    ],
    key: &[],
};

/// One check.
pub const CHECKS: TableSchema = TableSchema {
    name: "checks",
    meaning: "an officer's check of one resident on a trip, in order of time on each day",
    columns: &[
        ColumnSchema::count("at_ms", LOCAL_MS, "When, since local midnight of the first day"),
        ColumnSchema::count("resident", "", "Who was checked: the number of a resident"),
        ColumnSchema::count("place", "", "Where: the number of a place"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "What the trip was for"),
        ColumnSchema::of(
            "verdict",
            ColumnKind::OneOf(verdicts),
            "valid; expired: its time is over; no_pass: none where one is needed; not_needed: none, and none needed; annulled: by the \
             service after it was issued; no_answer: a pass was shown and the service did not answer",
        ),
    ],
    key: &[],
};

/// Residents out, by place and quarter of an hour.
pub const QUARTER_HOURS: TableSchema = TableSchema {
    name: "quarter_hours",
    meaning: "residents who are out in one place as a quarter of an hour begins; only places and quarters with somebody out",
    columns: &[
        DAY,
        ColumnSchema::of("time_local", ColumnKind::Clock, "When the quarter of an hour begins"),
        ColumnSchema::count("place", "", "The number of the place"),
        ColumnSchema::count("out", "residents", "Residents on a trip whose destination is there"),
        ColumnSchema::count("in_shops", "residents", "Of these, residents who are shopping: groceries and pharmacy"),
    ],
    key: &["day", "time_local", "place"],
};

const GATE_COLUMNS: [ColumnSchema; 11] = [
    DAY,
    ColumnSchema::of("time_local", ColumnKind::Clock, "When the minute begins"),
    ColumnSchema::of("gate", ColumnKind::Text, "The gates of one kind, as the scenario calls them"),
    ColumnSchema::count("place", "", "The number of the place where they stand"),
    ColumnSchema::count("arrivals", "residents", "Residents who came in this minute, all these gates together"),
    ColumnSchema::count("checked", "residents", "Of these, residents whom an officer looked at"),
    ColumnSchema::count("turned_back", "residents", "Of these, residents sent home"),
    ColumnSchema::count("longest_queue", "residents", "The longest queue that one of them met, at one gate"),
    ColumnSchema::count(
        "wait_mean_ms",
        "milliseconds",
        "Their mean waiting time until an officer was free; rounded down",
    ),
    ColumnSchema::count("wait_max_ms", "milliseconds", "The longest of these"),
    ColumnSchema::count("wait_sum_ms", "milliseconds", "Their sum"),
];

/// One minute at gates.
pub const GATES: TableSchema = TableSchema {
    name: "gates",
    meaning: "a minute at the gates of one kind in one place; only minutes in which somebody came",
    columns: &GATE_COLUMNS,
    key: &["day", "time_local", "gate", "place"],
};

/// One minute at the worst gates.
pub const WORST_GATE: TableSchema = TableSchema {
    name: "worst_gate",
    meaning: "a minute at the gates of one kind in one place, on the day and where one resident waited longest",
    columns: &GATE_COLUMNS,
    key: &["day", "time_local", "gate", "place"],
};

/// The gates of one place.
pub const GATES_BY_PLACE: TableSchema = TableSchema {
    name: "gates_by_place",
    meaning: "the gates of a place over the whole time; only places where somebody came to one",
    columns: &[
        ColumnSchema::count("place", "", "The number of the place"),
        ColumnSchema::count("arrivals", "residents", "Residents who came to a gate there"),
        ColumnSchema::count("turned_back", "residents", "Of these, residents sent home"),
        ColumnSchema::count("longest_queue", "residents", "The longest queue that one of them met, at one gate"),
        ColumnSchema::count("wait_max_ms", "milliseconds", "The longest wait of one of them until an officer was free"),
        ColumnSchema::count("wait_sum_ms", "milliseconds", "The sum of all their waits"),
    ],
    key: &["place"],
};

fn outcomes() -> Vec<&'static str> {
    sim::PassOutcome::ALL.iter().map(|outcome| outcome.name()).collect()
}

fn verdicts() -> Vec<&'static str> {
    sim::Verdict::ALL.iter().map(|verdict| verdict.name()).collect()
}

fn channels() -> Vec<&'static str> {
    passes::Channel::ALL.iter().map(|channel| channel.name()).collect()
}
