//! Tables of a search for capacity.

use passes::SchemeKind;

use super::schema::{ColumnKind, ColumnSchema, TableSchema};

fn paths() -> Vec<&'static str> {
    vec!["issue", "verify", "mix"]
}

fn schemes() -> Vec<&'static str> {
    SchemeKind::ALL.map(SchemeKind::name).to_vec()
}

/// As `serve --store` names them; empty where it is not known.
fn stores() -> Vec<&'static str> {
    vec!["embedded", "postgres", "memory"]
}

fn phases() -> Vec<&'static str> {
    vec!["bracket", "bisect", "confirm", "beyond"]
}

fn limits() -> Vec<&'static str> {
    vec!["", "generator", "target"]
}

/// One step: a load held for a while.
pub const CAPACITY_STEPS: TableSchema = TableSchema {
    name: "capacity_steps",
    meaning: "one step of the search: an offered load held for a while on one path",
    columns: &[
        ColumnSchema::of(
            "path",
            ColumnKind::OneOf(paths),
            "What was asked of the server; mix is the day's own mixture",
        ),
        ColumnSchema::count("step", "", "The number of the step on its path, in the order they were run"),
        ColumnSchema::of(
            "phase",
            ColumnKind::OneOf(phases),
            "bracket: the load is doubled until it fails; bisect: the gap is halved; confirm: the edge and its neighbours are tried again; beyond: 1.5 to 10 times what is usable",
        ),
        ColumnSchema::number("offered_per_s", "requests per second", "The offered load"),
        ColumnSchema::number("duration_s", "seconds", "How long the step lasted"),
        ColumnSchema::count("asked", "requests", "Requests the plan intended"),
        ColumnSchema::count("sent", "requests", "Of those, sent"),
        ColumnSchema::count("answered", "requests", "Of those, answered at all"),
        ColumnSchema::count("right", "requests", "Of those, answered rightly"),
        ColumnSchema::count("dropped", "requests", "Intended and never sent"),
        ColumnSchema::number("throughput_per_s", "requests per second", "Answers per second"),
        ColumnSchema::number("goodput_per_s", "requests per second", "Right answers within the objective, per second"),
        ColumnSchema::number(
            "response_time_p50_us",
            "microseconds",
            "Median time from intended instant to answer, of the slowest kind",
        )
        .or_missing(),
        ColumnSchema::number(
            "response_time_p90_us",
            "microseconds",
            "90th percentile of the response time, of the slowest kind",
        )
        .or_missing(),
        ColumnSchema::number(
            "response_time_p99_us",
            "microseconds",
            "99th percentile of the response time, of the slowest kind",
        )
        .or_missing(),
        ColumnSchema::number(
            "response_time_p99_9_us",
            "microseconds",
            "99.9th percentile of the response time, of the slowest kind",
        )
        .or_missing(),
        ColumnSchema::number("response_time_max_us", "microseconds", "Greatest response time of any kind").or_missing(),
        ColumnSchema::number(
            "send_lag_p99_us",
            "microseconds",
            "99th percentile of the time from intended instant to sending",
        )
        .or_missing(),
        ColumnSchema::of(
            "right_share",
            ColumnKind::Number(0.0, 1.0),
            "Right answers over requests that could be asked, of the worst kind",
        )
        .or_missing(),
        ColumnSchema::of("held", ColumnKind::Truth, "Whether every objective held"),
        ColumnSchema::of("limited_by", ColumnKind::OneOf(limits), "Which side reached its limit, if one did")
            .or_missing(),
        ColumnSchema::of("why", ColumnKind::Text, "The reason for the verdict, in words").or_missing(),
    ],
    key: &["path", "step"],
};

/// One path's capacity.
pub const CAPACITY: TableSchema = TableSchema {
    name: "capacity",
    meaning: "the capacity of one path through the server",
    columns: &[
        ColumnSchema::of(
            "path",
            ColumnKind::OneOf(paths),
            "What was asked of the server; mix is the day's own mixture",
        ),
        ColumnSchema::number(
            "usable_per_s",
            "requests per second",
            "The highest offered load at which every objective held",
        )
        .or_missing(),
        ColumnSchema::number("interval_low_per_s", "requests per second", "The highest load that held each time"),
        ColumnSchema::number(
            "interval_high_per_s",
            "requests per second",
            "The lowest load that failed each time; empty when none did",
        )
        .or_missing(),
        ColumnSchema::of("confirmed", ColumnKind::Truth, CONFIRMED),
        ColumnSchema::number(
            "knee_per_s",
            "requests per second",
            "The offered load with the greatest goodput for its mean response time",
        )
        .or_missing(),
        ColumnSchema::number("saturation_per_s", "requests per second", "The most that was answered at any load"),
        ColumnSchema::number(
            "server_cpu_us",
            "microseconds",
            "Processor time of the server for one request at the usable load; empty when its /metrics do not tell",
        )
        .or_missing(),
    ],
    key: &["path"],
};

/// One path of the server of one scheme, beside others.
pub const SCHEME_COMPARISON: TableSchema = TableSchema {
    name: "scheme_comparison",
    meaning: "the capacity of one path through the server of one scheme, beside what the simulated peak asks of it",
    columns: &[
        ColumnSchema::of("scheme", ColumnKind::OneOf(schemes), "How passes are made and checked"),
        ColumnSchema::of("store", ColumnKind::OneOf(stores), "Where the server keeps them").or_missing(),
        ColumnSchema::of("path", ColumnKind::OneOf(paths), "What was asked of it; mix is the day's own mixture"),
        ColumnSchema::number("usable_per_s", PER_S, "The highest offered load at which every objective held")
            .or_missing(),
        ColumnSchema::number("interval_low_per_s", PER_S, "The highest load that held each time"),
        ColumnSchema::number(
            "interval_high_per_s",
            PER_S,
            "The lowest load that failed each time; empty when none did",
        )
        .or_missing(),
        ColumnSchema::of("confirmed", ColumnKind::Truth, CONFIRMED),
        ColumnSchema::number("knee_per_s", PER_S, "The offered load with the greatest goodput for its mean response time")
            .or_missing(),
        ColumnSchema::number("saturation_per_s", PER_S, "The most that was answered at any load"),
        ColumnSchema::number("peak_per_s", PER_S, "The busiest minute of the simulated demand").or_missing(),
        ColumnSchema::number("headroom", "", "Usable capacity over that peak").or_missing(),
        ColumnSchema::number(
            "server_cpu_us",
            "microseconds",
            "Processor time of the server for one request at the usable load; empty when its /metrics do not tell",
        )
        .or_missing(),
        ColumnSchema::number("beyond_per_s", PER_S, "The highest load offered beyond the usable one").or_missing(),
        ColumnSchema::number("beyond_goodput_per_s", PER_S, "Right answers within the objective, per second, at that load")
            .or_missing(),
        ColumnSchema::of("beyond_peak_share", ColumnKind::Number(0.0, 1.0), "That goodput over the highest at any load")
            .or_missing(),
        ColumnSchema::number(
            "well_after_s",
            "seconds",
            "So long after an overload half of the usable load was not served as it should be; empty when it never was, or when that was not tried",
        )
        .or_missing(),
        ColumnSchema::number("recovery_watched_s", "seconds", "So long that was watched; empty when it was not tried")
            .or_missing(),
        ColumnSchema::number(
            "lambda_per_s",
            PER_S,
            "Universal Scalability Law: what one connection alone gets; empty without a sweep",
        )
        .or_missing(),
        ColumnSchema::number("sigma", "", "Universal Scalability Law: contention").or_missing(),
        ColumnSchema::number("kappa", "", "Universal Scalability Law: coherency").or_missing(),
        ColumnSchema::number(
            "worst_residual",
            "",
            "By which share that law misses the point that it misses most; above 0.15 it must not be extended",
        )
        .or_missing(),
    ],
    key: &["scheme", "path"],
};

const PER_S: &str = "requests per second";
const CONFIRMED: &str =
    "Whether the edge was found within the tolerance and tried again; else it lies anywhere in the interval";

/// One size of a sweep over concurrency.
pub const CAPACITY_CONCURRENCY: TableSchema = TableSchema {
    name: "capacity_concurrency",
    meaning: "what so many connections, kept busy, were answered on one path: a closed loop, which is no capacity",
    columns: &[
        ColumnSchema::of(
            "path",
            ColumnKind::OneOf(paths),
            "What was asked of the server; mix is the day's own mixture",
        ),
        ColumnSchema::count("connections", "connections", "Connections kept busy"),
        ColumnSchema::number("throughput_per_s", "requests per second", "Right answers per second"),
        ColumnSchema::number(
            "fitted_per_s",
            "requests per second",
            "What the Universal Scalability Law gives that fits the sweep best; empty where none was fitted",
        )
        .or_missing(),
    ],
    key: &["path", "connections"],
};
