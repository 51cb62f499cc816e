//! How long every group measures: together they take less than ten minutes.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::time::Duration;

use criterion::Criterion;

/// For what takes less than a tenth of a second: half a second to warm up, a second and a half to measure.
pub(crate) fn quick() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_millis(1_500))
        .without_plots()
}

/// For what takes longer: ten times, whatever that takes.
pub(crate) fn slow() -> Criterion {
    quick().sample_size(10).warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_secs(1))
}
