//! Summary tables of a simulation: days, purposes, places, groups of people.

use super::schema::{ColumnKind, ColumnSchema, TableSchema, concat, purposes, request_kinds};

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

const DAY: ColumnSchema = ColumnSchema::count("day", "", "The number of the day; 0 is the first");

/// The columns of [`sim::Counts`].
const COUNTS: [ColumnSchema; 14] = [
    ColumnSchema::count("trips", "trips", "Trips made"),
    ColumnSchema::count("trips_without_pass", "trips", "Of these, trips that needed a pass and had none"),
    ColumnSchema::count(
        "trips_not_made",
        "trips",
        "Trips wanted and not made, because the policy forbids them or the pass could not be had",
    ),
    ColumnSchema::count("passes", "passes", "Passes issued"),
    ColumnSchema::count("cancellations", "passes", "Of these, passes given back"),
    ColumnSchema::count("annulled", "passes", "Of these, passes annulled"),
    ColumnSchema::count("refusals", "requests", "Passes asked for and refused by the rules"),
    ColumnSchema::count("malformed", "requests", "Requests for a pass that were malformed"),
    ColumnSchema::count("failures", "requests", "Requests for a pass that had no answer in time or were turned away"),
    ColumnSchema::count("gave_up", "passes", "Passes that residents gave up asking for"),
    ColumnSchema::count(
        "wait_sum_ms",
        "milliseconds",
        "Time from the first request for a pass to the pass, summed over passes issued",
    ),
    ColumnSchema::count("checks", "checks", "Residents checked by officers"),
    ColumnSchema::count("found_without_pass", "checks", "Of these, found without the pass they needed"),
    ColumnSchema::count(
        "false_refusals",
        "checks",
        "Of these, issued the pass they needed and not believed: the service gave no answer, or had annulled it",
    ),
];

const DAY_EVENTS: [ColumnSchema; 27] = [
    ColumnSchema::count("registrations_web", "residents", "Residents who registered on the web page"),
    ColumnSchema::count("registrations_app", "residents", "Residents who registered in the app"),
    ColumnSchema::count("registrations_phone", "residents", "Residents whom a telephone operator registered"),
    ColumnSchema::count("requests_register", "requests", "Registrations that reached the server, tries included"),
    ColumnSchema::count("requests_issue", "requests", "The same of requests for a pass"),
    ColumnSchema::count("requests_verify", "requests", "The same of verifications"),
    ColumnSchema::count("requests_cancel", "requests", "The same of cancellations"),
    ColumnSchema::count("requests_check_in", "requests", "The same of check-ins"),
    ColumnSchema::count("failed_register", "requests", "Of the registrations, those that failed"),
    ColumnSchema::count("failed_issue", "requests", "Of the requests for a pass, those that failed"),
    ColumnSchema::count("failed_verify", "requests", "Of the verifications, those that failed"),
    ColumnSchema::count("failed_cancel", "requests", "Of the cancellations, those that failed"),
    ColumnSchema::count("failed_check_in", "requests", "Of the check-ins, those that failed"),
    ColumnSchema::count("bot_requests", "requests", "Requests of bots"),
    ColumnSchema::count("checks_valid", "checks", "Of the checks, with a pass that holds"),
    ColumnSchema::count("checks_expired", "checks", "With a pass whose time is over"),
    ColumnSchema::count("checks_no_pass", "checks", "With no pass where one is needed"),
    ColumnSchema::count("checks_not_needed", "checks", "With no pass, and none needed"),
    ColumnSchema::count("checks_annulled", "checks", "With a pass that was annulled after it had been issued"),
    ColumnSchema::count("checks_no_answer", "checks", "With a pass, and no answer from the service whether it holds"),
    ColumnSchema::count("patients", "residents", "Patients at home"),
    ColumnSchema::count("missed_check_ins", "prompts", "Prompts to check in that were not answered"),
    ColumnSchema::count("gate_arrivals", "residents", "Residents who came to a gate"),
    ColumnSchema::count("turned_back", "residents", "Of these, residents sent home"),
    ColumnSchema::count("gate_wait_sum_ms", "milliseconds", "Their waiting times there, summed"),
    ColumnSchema::count("gate_wait_max_ms", "milliseconds", "The longest of these"),
    ColumnSchema::count("gate_queue_max", "residents", "The longest queue that one of them met, at one gate"),
];

/// One day.
pub const DAYS: TableSchema = TableSchema {
    name: "days",
    meaning: "one day in numbers; what residents do on the evening before for a trip of this day counts to this day",
    columns: &concat::<43>(&[&[DAY, ColumnSchema::of("date", ColumnKind::Date, "Its date")], &COUNTS, &DAY_EVENTS]),
    key: &["day"],
};

/// One purpose on one day.
pub const PURPOSES: TableSchema = TableSchema {
    name: "purposes",
    meaning: "one purpose on one day",
    columns: &concat::<16>(&[
        &[DAY, ColumnSchema::of("purpose", ColumnKind::OneOf(purposes), "Why residents go out")],
        &COUNTS,
    ]),
    key: &["day", "purpose"],
};

/// One place over the whole time.
pub const PLACES: TableSchema = TableSchema {
    name: "places",
    meaning: "a place of the region and what happened to its residents over the whole time",
    columns: &concat::<21>(&[
        &[
            ColumnSchema::count("place", "", "The number of the place"),
            ColumnSchema::of("name", ColumnKind::Text, "Its name"),
            ColumnSchema::of(
                "latitude_deg",
                ColumnKind::Number(-90.0, 90.0),
                "Degrees north, WGS 84; empty for the rural remainder",
            )
            .or_missing(),
            ColumnSchema::of(
                "longitude_deg",
                ColumnKind::Number(-180.0, 180.0),
                "Degrees east, WGS 84; empty for the rural remainder",
            )
            .or_missing(),
            ColumnSchema::count("residents", "residents", "People who live there"),
            ColumnSchema::count("households", "households", "Households there"),
        ],
        &COUNTS,
        &[ColumnSchema::count("checks_there", "checks", "Checks by officers there, whoever was checked")],
    ]),
    key: &["place"],
};

/// People of one age and one kind of phone over the whole time.
pub const GROUPS: TableSchema = TableSchema {
    name: "groups",
    meaning: "people of one age and one kind of phone and what happened to them over the whole time",
    columns: &concat::<17>(&[
        &[
            ColumnSchema::of("age", ColumnKind::OneOf(ages), "How old they are, in years"),
            ColumnSchema::of(
                "phone",
                ColumnKind::OneOf(phones),
                "How they reach the service; app: a smartphone that runs it; web: the web only; voice: a telephone to talk into",
            ),
            ColumnSchema::count("residents", "residents", "How many they are"),
        ],
        &COUNTS,
    ]),
    key: &["age", "phone"],
};

fn ages() -> Vec<&'static str> {
    passes::AgeBand::ALL.iter().map(|age| age.name()).collect()
}

fn phones() -> Vec<&'static str> {
    sim::Phone::ALL.iter().map(|phone| phone.name()).collect()
}
