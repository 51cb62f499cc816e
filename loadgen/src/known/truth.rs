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

/// The mean wait in a queue before `slots` servers with Poisson arrivals and exponential service times, in seconds; `load` is the share
/// of the time that a server is busy, 0 to below 1 (Erlang's C formula; Jain 1991, section 31.3).
pub fn mmc_mean_wait_s(load: f64, service_s: f64, slots: u32) -> f64 {
    let offered = load * f64::from(slots);
    // Erlang's B by its recursion, which needs no factorials.
    let blocked =
        (1..=slots).fold(1.0, |blocked, servers| offered * blocked / (f64::from(servers) + offered * blocked));
    let waits = blocked / (1.0 - load * (1.0 - blocked));
    waits * service_s / (f64::from(slots) * (1.0 - load))
}

/// The mean wait of exactly these arrivals, with exactly these service times in their order, before `slots` servers, in seconds (for one
/// server Lindley's recursion, for several that of Kiefer and Wolfowitz).
pub fn queue_mean_wait_s(arrivals_s: &[f64], services_s: impl IntoIterator<Item = f64>, slots: usize) -> f64 {
    let mut free_s = vec![0.0_f64; slots.max(1)];
    let mut sum_s = 0.0;
    for (arrival_s, service_s) in arrivals_s.iter().zip(services_s) {
        // The server that is free first.
        free_s.sort_unstable_by(f64::total_cmp);
        let begins_s = free_s[0].max(*arrival_s);
        sum_s += begins_s - arrival_s;
        free_s[0] = begins_s + service_s;
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
    fn several_servers_by_hand() {
        // One server: ρ s / (1 - ρ). Two at half load: Erlang's C is 1/3, so 1/3 s / (2 × 1/2).
        assert!((mmc_mean_wait_s(0.8, 1.0, 1) - 4.0).abs() < 1e-12);
        assert!((mmc_mean_wait_s(0.5, 1.0, 2) - 1.0 / 3.0).abs() < 1e-12);
        // Three come at once, two are served, the third waits for the shorter of them.
        assert_eq!(queue_mean_wait_s(&[0.0, 0.0, 0.0], [2.0, 1.0, 1.0], 2), 1.0 / 3.0);
    }

    #[test]
    fn many_exponential_services_go_to_the_formula() {
        let mut process = Arrivals::Poisson { rate_per_s: 1.6 }.build(5);
        let arrivals_s: Vec<f64> = (0..400_000).filter_map(|_| process.next_ns()).map(|ns| ns as f64 / 1e9).collect();
        let services_s = (0..).map(|number| super::super::exponential_s(9, number, 1.0));
        let ratio = queue_mean_wait_s(&arrivals_s, services_s, 2) / mmc_mean_wait_s(0.8, 1.0, 2);
        assert!((ratio - 1.0).abs() < 0.05, "{ratio}");
    }

    #[test]
    fn the_recursion_goes_to_the_formula() {
        let mean_wait_s = |arrivals_s: &[f64]| queue_mean_wait_s(arrivals_s, std::iter::repeat(1.0), 1);
        assert_eq!(mean_wait_s(&[0.0, 0.5, 5.0]), 0.5 / 3.0);
        for load in [0.5, 0.8] {
            let mut process = Arrivals::Poisson { rate_per_s: load }.build(3);
            let arrivals_s: Vec<f64> =
                (0..400_000).filter_map(|_| process.next_ns()).map(|ns| ns as f64 / 1e9).collect();
            let ratio = mean_wait_s(&arrivals_s) / md1_mean_wait_s(load, 1.0);
            assert!((ratio - 1.0).abs() < 0.05, "{ratio} at {load}");
        }
    }
}
