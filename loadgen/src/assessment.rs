//! Which side was at its limit, in sentences.

use demand::number::{figures, share, time_us, whole};

use crate::Limit;
use crate::warning::{number_of, were};
use crate::watch::Observed;

/// Which side was at its limit, by what, and what to do. The first word is VALID, GENERATOR-LIMITED or TARGET-LIMITED.
pub(crate) fn assessment(observed: &Observed, limited_by: Option<Limit>) -> String {
    match limited_by {
        None => format!("VALID: neither side was at its limit. {}", evidence(observed)),
        Some(Limit::Generator) => format!(
            "GENERATOR-LIMITED: {}. The times say nothing of the target. {} {}",
            generators_signs(observed),
            generators_cure(observed),
            evidence(observed)
        ),
        Some(Limit::Target) => format!(
            "TARGET-LIMITED: {}. The times are the target's own; give it more, or ask less. {}",
            targets_signs(observed),
            evidence(observed)
        ),
    }
}

fn generators_signs(observed: &Observed) -> String {
    let strain = observed.strain;
    let mut signs = Vec::new();
    if strain.no_port > 0 {
        signs.push(format!("{} dropped because no local port was free", were(strain.no_port)));
    }
    if strain.no_file > 0 {
        signs.push(format!("{} dropped because too many files were open", were(strain.no_file)));
    }
    if strain.unblinded > 0 {
        signs.push(format!("{} requests were dropped because no blinded token was ready", strain.unblinded));
    }
    if signs.is_empty() {
        signs.push(match observed.closed_loop {
            true => "a sending thread had no time left".to_owned(),
            false => format!(
                "one request in a hundred was taken up {} late or more",
                time_us(1e3 * observed.pacing_lag_p99_ms)
            ),
        });
    }
    signs.join(" and ")
}

fn generators_cure(observed: &Observed) -> &'static str {
    if observed.strain.no_port > 0 {
        "Widen net.ipv4.ip_local_port_range, set net.ipv4.tcp_tw_reuse to 1, or raise load.requests_per_connection."
    } else if observed.strain.no_file > 0 {
        "Raise the limit of open files (ulimit -n), or lower load.connections_max."
    } else {
        "Use more sending threads, a machine or cores of their own, or ask less."
    }
}

fn targets_signs(observed: &Observed) -> String {
    let counts = observed.counts;
    let parts = [
        (observed.strain.waited, number_of(observed.strain.waited), "waited for a free connection"),
        (counts.dropped, were(counts.dropped), "never sent"),
        (counts.timed_out, were(counts.timed_out), "not answered in time"),
        (counts.overloaded, were(counts.overloaded), "turned away as overloaded"),
    ];
    let seen = parts.iter().filter(|(count, ..)| *count > 0);
    let parts: Vec<String> = seen.map(|(_, requests, what)| format!("{requests} {what}")).collect();
    if parts.is_empty() { "it used all cores of this machine".into() } else { parts.join(", ") }
}

fn evidence(observed: &Observed) -> String {
    let mut text = format!("The busiest sending thread worked {} of the time", share(observed.busiest_thread_share));
    if !observed.closed_loop {
        text += &format!(", 99 % of the requests were taken up within {}", time_us(1e3 * observed.pacing_lag_p99_ms));
    }
    text += &format!(", {} of {} were sent", whole(observed.counts.sent), whole(observed.counts.asked));
    if observed.connection_wait_p99_ms > 0.0 {
        text += &format!(", 99 % had a connection within {}", time_us(1e3 * observed.connection_wait_p99_ms));
    }
    if let Some(cores) = observed.target_cores {
        text += &format!("; the target used {} cores", figures(cores));
    }
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Counts;
    use crate::watch::tests::CALM;

    #[test]
    fn each_sentence_says_who_why_and_what_to_do() {
        let valid = assessment(&Observed { target_cores: Some(0.5), ..CALM }, None);
        assert!(valid.starts_with("VALID: ") && valid.contains("the target used 0.5 cores"), "{valid}");
        let late = assessment(&Observed { pacing_lag_p99_ms: 31.25, ..CALM }, Some(Limit::Generator));
        assert!(late.starts_with("GENERATOR-LIMITED: ") && late.contains("31.2 ms late"), "{late}");
        let mut strain = CALM.strain;
        strain.no_port = 7;
        let ports = assessment(&Observed { strain, ..CALM }, Some(Limit::Generator));
        assert!(ports.contains("7 requests") && ports.contains("ip_local_port_range"), "{ports}");
        let counts = Counts { timed_out: 3, ..CALM.counts };
        let target = assessment(&Observed { counts, ..CALM }, Some(Limit::Target));
        assert!(target.starts_with("TARGET-LIMITED: 3 requests were not answered in time."), "{target}");
    }
}
