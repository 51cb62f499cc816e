//! The generator watches itself, and names the side that was at its limit.

use crate::engine::Strain;
use crate::record::Counts;
use crate::{Client, Limit, Slo, Warning};

/// A sending thread that is busy for more than this share of the time has nothing left for bursts.
const BUSY_SHARE: f64 = 0.95;
/// The generator may add this share of the objective's time limit to one request in a hundred, not more.
const LAG_SHARE: f64 = 0.1;

/// What was observed of both sides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed {
    pub(crate) closed_loop: bool,
    /// The 99th percentile of the pacing lag.
    pub(crate) pacing_lag_p99_ms: f64,
    /// How far the answers were behind the requests at the end of the measured time, as time.
    pub(crate) answers_behind_ms: f64,
    /// The busiest sending thread's share of a core.
    pub(crate) busiest_thread_share: f64,
    pub(crate) counts: Counts,
    pub(crate) strain: Strain,
    pub(crate) connections_max: u32,
    pub(crate) backlog_max: u32,
    pub(crate) client: Client,
    /// The 99th percentile of the connection wait, of the kind where it is longest.
    pub(crate) connection_wait_p99_ms: f64,
    /// How many cores the target's process kept busy, where it says.
    pub(crate) target_cores: Option<f64>,
    /// How many cores the target has, where that is known: when it is this machine.
    pub(crate) cores: Option<f64>,
}

/// A target that uses more than this share of all cores has nothing left.
const FULL_SHARE: f64 = 0.95;

/// A generator that is late by some time delays answers by as much. What is behind by more than twice that is the target's own doing.
const OWN_DOING: f64 = 2.0;

/// Which side was at its limit.
///
/// The generator, when it took requests up late: the 99th percentile of the pacing lag exceeds a tenth of the objective's time limit.
/// The pacing lag ends when the thread takes a request up, before any wait for a connection. An overloaded target on the same machine
/// can still cause it by taking all cores; so it is the target when the sender had time left, requests had to wait, and the answers
/// were behind by more than twice the lag. The generator too when no local port, file or blinded token could be had; or, in a closed loop, where nothing is due,
/// when a sending thread was busy for 95 % of the time.
///
/// The target, when it was not the generator and requests had to wait for a connection, were dropped, timed out or were turned away, or
/// when its process used nearly all cores of this machine.
pub(crate) fn limited_by(slo: &Slo, observed: &Observed) -> Option<Limit> {
    let busy = observed.busiest_thread_share > BUSY_SHARE;
    let Counts { dropped, timed_out, overloaded, .. } = observed.counts;
    let strained = observed.strain.waited + dropped + timed_out + overloaded > 0;
    let targets_doing = strained && !busy && observed.answers_behind_ms > OWN_DOING * observed.pacing_lag_p99_ms;
    let late = observed.pacing_lag_p99_ms > LAG_SHARE * slo.response_time_ms && !targets_doing;
    let generator = if observed.closed_loop { busy } else { late };
    let full = observed.target_cores.zip(observed.cores).is_some_and(|(used, all)| used > FULL_SHARE * all);
    if generator || observed.strain.own_bounds() > 0 {
        Some(Limit::Generator)
    } else if strained || full {
        Some(Limit::Target)
    } else {
        None
    }
}

/// What a reader must know.
pub(crate) fn warnings(slo: &Slo, observed: &Observed, limited_by: Option<Limit>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let Observed { strain, pacing_lag_p99_ms, busiest_thread_share, connections_max, backlog_max, .. } = *observed;
    // A bound that was met has a warning of its own.
    if limited_by == Some(Limit::Generator) && strain.own_bounds() == 0 {
        let bound_ms = LAG_SHARE * slo.response_time_ms;
        warnings.push(Warning::GeneratorLimited { pacing_lag_p99_ms, bound_ms, busiest_thread_share });
    } else if busiest_thread_share > BUSY_SHARE {
        warnings.push(Warning::SenderBusy { busiest_thread_share });
    }
    if strain.waited > 0 && !observed.closed_loop {
        warnings.push(Warning::WaitedForConnection { requests: strain.waited, connections_max });
    }
    if strain.backlog_full > 0 {
        warnings.push(Warning::BacklogFull { requests: strain.backlog_full, backlog_max });
    }
    if strain.unsent_at_end > 0 {
        warnings.push(Warning::UnsentAtEnd { requests: strain.unsent_at_end });
    }
    if strain.no_port > 0 {
        warnings.push(Warning::NoPort { requests: strain.no_port });
    }
    if strain.no_file > 0 {
        warnings.push(Warning::NoFile { requests: strain.no_file });
    }
    if strain.unblinded > 0 {
        warnings.push(Warning::Unblinded { requests: strain.unblinded });
    }
    if observed.counts.without_pass > 0 {
        warnings.push(Warning::WithoutPass { requests: observed.counts.without_pass });
    }
    if observed.client != Client::Lean {
        warnings.push(Warning::CostlyClient);
    }
    if observed.closed_loop {
        warnings.push(Warning::ClosedLoop);
    }
    warnings
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const CALM: Observed = Observed {
        closed_loop: false,
        pacing_lag_p99_ms: 0.05,
        answers_behind_ms: 1.0,
        busiest_thread_share: 0.3,
        counts: Counts::all_right(10),
        strain: Strain {
            waited: 0,
            backlog_full: 0,
            unsent_at_end: 0,
            no_port: 0,
            no_file: 0,
            unblinded: 0,
            opened: 1,
        },
        connection_wait_p99_ms: 0.0,
        target_cores: None,
        cores: Some(2.0),
        connections_max: 512,
        backlog_max: 1_000,
        client: Client::Lean,
    };

    #[test]
    fn each_side_has_its_signs() {
        let slo = Slo::default();
        let side = |observed| limited_by(&slo, &observed);
        assert_eq!(side(CALM), None);
        let waited = Strain { waited: 3, ..CALM.strain };
        assert_eq!(side(Observed { strain: waited, ..CALM }), Some(Limit::Target));
        assert_eq!(side(Observed { target_cores: Some(1.96), ..CALM }), Some(Limit::Target));
        assert_eq!(side(Observed { target_cores: Some(1.5), ..CALM }), None);
        let no_port = Strain { no_port: 1, ..waited };
        assert_eq!(side(Observed { strain: no_port, ..CALM }), Some(Limit::Generator));
        assert_eq!(side(Observed { counts: Counts { timed_out: 1, ..CALM.counts }, ..CALM }), Some(Limit::Target));
        let late = Observed { pacing_lag_p99_ms: 26.0, strain: waited, ..CALM };
        assert_eq!(side(late), Some(Limit::Generator), "a late generator explains a wait");
        let starved = Observed { answers_behind_ms: 500.0, ..late };
        assert_eq!(side(starved), Some(Limit::Target), "it does not explain answers half a second behind");
        assert_eq!(side(Observed { busiest_thread_share: 0.99, ..starved }), Some(Limit::Generator));
        assert_eq!(side(Observed { busiest_thread_share: 0.99, ..CALM }), None, "busy, and yet on time");
        assert_eq!(side(Observed { busiest_thread_share: 0.99, closed_loop: true, ..CALM }), Some(Limit::Generator));
    }

    #[test]
    fn a_bound_that_was_met_is_named_and_no_other() {
        let observed = Observed { strain: Strain { no_port: 5, ..CALM.strain }, ..CALM };
        let limited_by = limited_by(&Slo::default(), &observed);
        assert_eq!(warnings(&Slo::default(), &observed, limited_by), [Warning::NoPort { requests: 5 }]);
    }

    #[test]
    fn nothing_is_said_of_a_calm_run() {
        assert!(warnings(&Slo::default(), &CALM, None).is_empty());
        let busy = Observed { busiest_thread_share: 0.99, ..CALM };
        assert_eq!(warnings(&Slo::default(), &busy, None), [Warning::SenderBusy { busiest_thread_share: 0.99 }]);
    }
}
