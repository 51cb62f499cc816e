//! What a reader must know to judge the numbers of a run.

use demand::number::{duration_s, figures, share, time_us, whole};

/// Something seen in a run: what, why it matters, what to do. [`Display`](std::fmt::Display) gives full sentences.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Warning {
    /// The generator could not keep its own schedule.
    #[error(
        "The generator was the limit: it took one request in a hundred up more than {} late (bound {}), its busiest \
         thread used {} of a core. The times say nothing of the target. Use more sending threads or another machine, or ask less.",
        time_us(1e3 * .pacing_lag_p99_ms),
        time_us(1e3 * .bound_ms),
        share(*.busiest_thread_share)
    )]
    GeneratorLimited {
        /// The 99th percentile of the pacing lag.
        pacing_lag_p99_ms: f64,
        /// What it may be.
        bound_ms: f64,
        /// Share of a core, 0 to 1.
        busiest_thread_share: f64,
    },
    /// A sending thread had nearly no time left, though it was not late.
    #[error(
        "A sending thread used {} of a core. The run is sound, but a little more load would make the generator the limit. Use more sending threads.",
        share(*.busiest_thread_share)
    )]
    SenderBusy {
        /// Share of a core, 0 to 1.
        busiest_thread_share: f64,
    },
    /// All connections were busy at times.
    #[error(
        "{} waited for a free connection, since all {connections_max} were busy. Response times include the wait, as a person's would. \
         If the target is meant to serve more at once, raise load.connections_max.",
        number_of(*.requests)
    )]
    WaitedForConnection {
        /// How many requests.
        requests: u64,
        /// The bound.
        connections_max: u32,
    },
    /// The backlog was full.
    #[error(
        "{} dropped because {backlog_max} were waiting already. Each counts as a failure. The target is far beyond its capacity; \
         ask less, or raise load.backlog_max to see how long the waiting would become.",
        were(*.requests)
    )]
    BacklogFull {
        /// How many requests.
        requests: u64,
        /// The bound.
        backlog_max: u32,
    },
    /// The run was over before all was sent.
    #[error(
        "{} still waiting for a connection when the run was over, and dropped. Each counts as a failure. The target is beyond its \
         capacity; ask less.",
        were(*.requests)
    )]
    UnsentAtEnd {
        /// How many requests.
        requests: u64,
    },
    /// This machine had no port left for a connection.
    #[error(
        "{} dropped because no local port was free for a connection, so this machine was the limit. Keep connections alive at the \
         target, raise load.requests_per_connection, widen net.ipv4.ip_local_port_range, or set net.ipv4.tcp_tw_reuse to 1.",
        were(*.requests)
    )]
    NoPort {
        /// How many requests.
        requests: u64,
    },
    /// The process had no file left for a connection.
    #[error(
        "{} dropped because too many files were open for another connection, so this machine was the limit. Raise the limit of open \
         files (ulimit -n), or lower load.connections_max.",
        were(*.requests)
    )]
    NoFile {
        /// How many requests.
        requests: u64,
    },
    /// The generator did not blind fast enough.
    #[error(
        "{} dropped because the phones of their residents had not blinded a token yet, so this machine was the limit. Ask less, or \
         give the generator cores of its own.",
        were(*.requests)
    )]
    Unblinded {
        /// How many requests.
        requests: u64,
    },
    /// Phones computed, on this machine.
    #[error(
        "Under the scheme blind phones compute: {} tokens blinded and {} answers opened took {} of this machine's processors, by \
         threads of their own, which give way to all others. A target on this machine had so much less.",
        whole(*.blinded),
        whole(*.opened),
        duration_s(*.cpu_s)
    )]
    PhonesComputed {
        /// Tokens blinded.
        blinded: u64,
        /// Answers opened.
        opened: u64,
        /// Processor time in seconds.
        cpu_s: f64,
    },
    /// Under `blind` no pass ends soon.
    #[error("No check shows an expired pass: under the scheme blind a pass holds for its whole day.")]
    NoneExpiredBlind,
    /// The plan will need more local ports than there are.
    #[error(
        "The run opens about {} connections a second and closes them itself; each keeps its local port for {kept_s} s more (TIME_WAIT). With \
         those that are open it needs some {needed} ports, and net.ipv4.ip_local_port_range ({first} to {last}) gives {ports}. What finds no port is \
         dropped. Widen the range, set net.ipv4.tcp_tw_reuse to 1, or raise load.requests_per_connection.",
        figures(*.opened_per_s)
    )]
    FewPorts {
        /// How many are needed.
        needed: u64,
        /// How many there are.
        ports: u32,
        /// The first of them.
        first: u32,
        /// The last of them.
        last: u32,
        /// Connections opened a second.
        opened_per_s: f64,
        /// Seconds for which a port is kept.
        kept_s: u64,
    },
    /// Somebody had nothing to show.
    #[error(
        "{} not made because the resident held no token or pass at that moment: at a checkpoint this is a person without a pass. \
         Such requests are counted apart. Look at the answers to registrations and issues before.",
        were(*.requests)
    )]
    WithoutPass {
        /// How many requests.
        requests: u64,
    },
    /// Requests were made by reqwest.
    #[error(
        "The requests were made by reqwest, whose timers are exact to a millisecond only and which costs several times the processor time of the engine's own \
         client. Look at the send lag and at the generator's own processor time before you blame the target."
    )]
    CostlyClient,
    /// Sending waited for answers.
    #[error(
        "This run was a closed loop: whenever the target was slow, less was asked. Its times flatter the target and its rate is no capacity. Use a rate \
         to learn what people would see."
    )]
    ClosedLoop,
    /// Passes that the plan needs could not be issued beforehand.
    #[error(
        "{} of {} passes could not be issued in preparation, so as many residents will come to a checkpoint without one. Look at the policy of \
         the target: purposes, quotas, dates.",
        whole(*.missing),
        whole(*.wanted)
    )]
    PassesMissing {
        /// How many are missing.
        missing: u64,
        /// How many were needed.
        wanted: u64,
    },
    /// The plan has no checks, and officers have an address of their own.
    #[error(
        "Nothing was sent to {url}, the address for officers, since no checks are asked. Ask for some (verify), or leave the address out."
    )]
    OfficersUnasked {
        /// The address.
        url: String,
    },
    /// The target issues no passes that end soon.
    #[error(
        "No check shows an expired pass, since the target was not told how to issue one that ends soon: put {{duration_s}} into the body of [target.issue], \
         or set load.expired_share to 0."
    )]
    NoneExpired,
}

/// "1 request", "7 requests".
pub(crate) fn number_of(requests: u64) -> String {
    if requests == 1 { "1 request".into() } else { format!("{} requests", whole(requests)) }
}

/// "1 request was", "7 requests were".
pub(crate) fn were(requests: u64) -> String {
    let verb = if requests == 1 { "was" } else { "were" };
    format!("{} {verb}", number_of(requests))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_is_not_several() {
        let begins = |warning: Warning| warning.to_string().split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        assert_eq!(begins(Warning::WithoutPass { requests: 1 }), "1 request was not");
        assert_eq!(begins(Warning::WithoutPass { requests: 7 }), "7 requests were not");
        assert_eq!(begins(Warning::WaitedForConnection { requests: 1, connections_max: 8 }), "1 request waited for");
    }
}
