//! What must be measured at a known server.

/// The response time that a share `quantile` of evenly spaced requests keeps, when for `stall_s` of `run_s` seconds nobody is answered
/// and otherwise everybody at once, in seconds: who comes x seconds after the start of the stall waits `stall_s - x`, so
/// P(time > t) = (`stall_s` - t) / `run_s`.
pub fn stall_quantile_s(quantile: f64, stall_s: f64, run_s: f64) -> f64 {
    (stall_s - (1.0 - quantile) * run_s).max(0.0)
}

/// The mean wait in a queue before one server with Poisson arrivals and a constant service time, in seconds: `load` (0 to below 1)
/// times the service time over 2 (1 - `load`) (Pollaczek-Khinchine formula).
pub fn md1_mean_wait_s(load: f64, service_s: f64) -> f64 {
    load * service_s / (2.0 * (1.0 - load))
}

/// The mean wait of exactly these arrivals before one server with a constant service time, in seconds (Lindley's recursion).
pub fn lindley_mean_wait_s(arrivals_s: &[f64], service_s: f64) -> f64 {
    let (mut free_s, mut sum_s) = (0.0_f64, 0.0);
    for arrival_s in arrivals_s {
        let begins_s = free_s.max(*arrival_s);
        sum_s += begins_s - arrival_s;
        free_s = begins_s + service_s;
    }
    sum_s / arrivals_s.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Arrivals;

    #[test]
    fn a_stall_by_hand() {
        // Ten seconds, five of them stalled: half of all wait, and half of those more than 2.5 s.
        assert_eq!([0.5, 0.75, 1.0].map(|quantile| stall_quantile_s(quantile, 5.0, 10.0)), [0.0, 2.5, 5.0]);
    }

    #[test]
    fn the_recursion_goes_to_the_formula() {
        assert_eq!(lindley_mean_wait_s(&[0.0, 0.5, 5.0], 1.0), 0.5 / 3.0);
        for load in [0.5, 0.8] {
            let mut process = Arrivals::Poisson { rate_per_s: load }.build(3);
            let arrivals_s: Vec<f64> =
                (0..400_000).filter_map(|_| process.next_ns()).map(|ns| ns as f64 / 1e9).collect();
            let ratio = lindley_mean_wait_s(&arrivals_s, 1.0) / md1_mean_wait_s(load, 1.0);
            assert!((ratio - 1.0).abs() < 0.05, "{ratio} at {load}");
        }
    }
}
