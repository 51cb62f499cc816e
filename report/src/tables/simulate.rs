//! Tables of a simulation.

use super::schema::{ColumnKind, ColumnSchema, TableSchema, purposes, request_kinds};

const LOCAL_MS: &str = "milliseconds";

/// One kind of request in one minute.
pub const DEMAND_BY_MINUTE: TableSchema = TableSchema {
    name: "demand_by_minute",
    meaning: "requests of one kind in one minute; every minute of every day is there, and as much of the night after as brings requests",
    columns: &[
        ColumnSchema::count("minute", "minutes", "Minutes since local midnight of the first day"),
        ColumnSchema::of("at_local", ColumnKind::Time, "When the minute begins, in local time"),
        ColumnSchema::of("kind", ColumnKind::OneOf(request_kinds), "What is asked of the server"),
        ColumnSchema::count("requests", "requests", "How many in this minute"),
        ColumnSchema::number("rate_per_s", "requests per second", "The mean rate over the minute"),
    ],
    key: &["minute", "kind"],
};

/// One day.
pub const DAYS: TableSchema = TableSchema {
    name: "days",
    meaning: "one day in numbers; what residents do on the evening before for a trip of this day counts to this day",
    columns: &[
        ColumnSchema::count("day", "", "The number of the day; 0 is the first"),
        ColumnSchema::of("date", ColumnKind::Date, "Its date"),
        ColumnSchema::count("trips", "trips", "Trips out and back that were made"),
        ColumnSchema::count("trips_without_pass", "trips", "Of these, trips that needed a pass and had none"),
        ColumnSchema::count("passes", "passes", "Passes issued"),
        ColumnSchema::count("cancellations", "passes", "Of these, passes given back"),
        ColumnSchema::count("refusals", "requests", "Passes asked for and refused"),
        ColumnSchema::count("registrations_web", "residents", "Residents who registered on the web page"),
        ColumnSchema::count("registrations_app", "residents", "Residents who registered in the app"),
        ColumnSchema::count("registrations_phone", "residents", "Residents whom a telephone operator registered"),
        ColumnSchema::count("checks", "checks", "Residents checked by officers"),
        ColumnSchema::count("checks_valid", "checks", "Of these, with a pass that holds"),
        ColumnSchema::count("checks_expired", "checks", "With a pass whose time is over"),
        ColumnSchema::count("checks_no_pass", "checks", "With no pass where one is needed"),
        ColumnSchema::count("checks_not_needed", "checks", "With no pass, and none needed"),
    ],
    key: &["day"],
};

/// One purpose on one day.
pub const PURPOSES: TableSchema = TableSchema {
    name: "purposes",
    meaning: "one purpose on one day",
    columns: &[
        ColumnSchema::count("day", "", "The number of the day; 0 is the first"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "Why residents go out"),
        ColumnSchema::count("trips", "trips", "Trips out and back that were made"),
        ColumnSchema::count("trips_without_pass", "trips", "Of these, trips that needed a pass and had none"),
        ColumnSchema::count("passes", "passes", "Passes issued"),
        ColumnSchema::count("cancellations", "passes", "Of these, passes given back"),
        ColumnSchema::count("refusals", "requests", "Passes asked for and refused"),
        ColumnSchema::count("checks", "checks", "Residents checked on such trips"),
    ],
    key: &["day", "purpose"],
};

/// One place over the whole time.
pub const PLACES: TableSchema = TableSchema {
    name: "places",
    meaning: "a place of the region and what happened there over the whole time",
    columns: &[
        ColumnSchema::count("place", "", "The number of the place"),
        ColumnSchema::of("name", ColumnKind::Text, "Its name"),
        ColumnSchema::of(
            "latitude_deg",
            ColumnKind::Number(-90.0, 90.0),
            "Degrees north, WGS 84; empty for the rural remainder",
        )
        .or_missing()
        .label(),
        ColumnSchema::of(
            "longitude_deg",
            ColumnKind::Number(-180.0, 180.0),
            "Degrees east, WGS 84; empty for the rural remainder",
        )
        .or_missing()
        .label(),
        ColumnSchema::count("residents", "residents", "People who live there").label(),
        ColumnSchema::count("households", "households", "Households there"),
        ColumnSchema::count("trips", "trips", "Trips of its residents"),
        ColumnSchema::count("issues", "passes", "Passes issued to its residents"),
        ColumnSchema::count("checks", "checks", "Checks by officers there"),
    ],
    key: &["place"],
};

/// One request to the server. The form `load --trace` reads.
pub const REQUESTS: TableSchema = TableSchema {
    name: "requests",
    meaning: "one request to the server, in order of time",
    columns: &[
        ColumnSchema::count("at_ms", LOCAL_MS, "When, since local midnight of the first day"),
        ColumnSchema::of("kind", ColumnKind::OneOf(request_kinds), "What is asked of the server"),
        ColumnSchema::count("resident", "", "Whose pass it is about: the number of a resident"),
        ColumnSchema::count("place", "", "Where the asker is: the number of a place"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "What the pass is for; empty for a registration")
            .or_missing(),
    ],
    key: &[],
};

/// One trip.
pub const TRIPS: TableSchema = TableSchema {
    name: "trips",
    meaning: "one trip out and back, by day, household, resident and departure",
    columns: &[
        ColumnSchema::count(
            "departs_ms",
            LOCAL_MS,
            "When the resident leaves home, since local midnight of the first day",
        ),
        ColumnSchema::count("returns_ms", LOCAL_MS, "When the resident is home again; may fall on the next day"),
        ColumnSchema::count("resident", "", "Who: the number of a resident"),
        ColumnSchema::count("household", "", "Of which household"),
        ColumnSchema::count("origin", "", "The number of the place where the resident lives"),
        ColumnSchema::count("destination", "", "The number of the place gone to"),
        ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "What for"),
        ColumnSchema::of(
            "pass",
            ColumnKind::OneOf(outcomes),
            "not_needed; issued: the resident had one; refused: went all the same; without: did not ask",
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
        ColumnSchema::count("cancelled_at_ms", LOCAL_MS, "When it was given back; empty when it was kept").or_missing(),
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
            "valid; expired: its time is over; no_pass: none where one is needed; not_needed: none, and none needed",
        ),
    ],
    key: &[],
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
