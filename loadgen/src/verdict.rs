//! Whether the objectives held.

use std::collections::BTreeMap;

use demand::number::{share, time_us, whole};

use crate::{Kind, KindResult, Limit, Measure, Slo};

/// Whether the objectives held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Each objective held for each kind.
    Held,
    /// At least one did not.
    Failed,
    /// The run says nothing of the target: nothing was asked, or the generator was the limit.
    Unusable,
}

impl Verdict {
    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Held => "held",
            Verdict::Failed => "failed",
            Verdict::Unusable => "unusable",
        }
    }
}

/// The verdict on a run, and a sentence for each objective that failed.
pub(crate) fn judge_run(
    slo: &Slo,
    kinds: &BTreeMap<Kind, KindResult>,
    limited_by: Option<Limit>,
) -> (Verdict, Vec<String>) {
    let failures: Vec<String> =
        kinds.iter().flat_map(|(kind, result)| failures_of(&slo.of(*kind), *kind, result)).collect();
    let verdict = match limited_by {
        Some(Limit::Generator) => Verdict::Unusable,
        _ if kinds.is_empty() => Verdict::Unusable,
        _ if failures.is_empty() => Verdict::Held,
        _ => Verdict::Failed,
    };
    (verdict, failures)
}

fn failures_of(slo: &Slo, kind: Kind, result: &KindResult) -> Vec<String> {
    let counts = &result.counts;
    let mut failures = Vec::new();
    let within_us = result.at_percentile_us(Measure::ResponseTime, slo.percentile);
    if within_us > slo.response_time_ms * 1e3 {
        failures.push(format!(
            "{kind}: {} % of the requests were answered within {}, the objective is {}.",
            slo.percentile,
            time_us(within_us),
            time_us(slo.response_time_ms * 1e3)
        ));
    }
    if result.right_share() < slo.right_share.get() {
        let parts = [
            (counts.refused, "refused"),
            (counts.overloaded, "turned away as overloaded"),
            (counts.wrong, "answered wrongly"),
            (counts.failed, "lost with their connection"),
            (counts.timed_out, "not answered in time"),
            (counts.dropped, "never sent"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", whole(*count)))
            .collect();
        failures.push(format!(
            "{kind}: {} of {} requests were answered rightly, the objective is {}: {}.",
            share(result.right_share()),
            whole(counts.asked),
            share(slo.right_share.get()),
            parts.join(", ")
        ));
    } else if counts.dropped as f64 > slo.dropped_share.get() * counts.asked as f64 {
        failures.push(format!(
            "{kind}: {} requests of {} were never sent, the objective is {} at most.",
            whole(counts.dropped),
            whole(counts.asked),
            share(slo.dropped_share.get())
        ));
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Counts, KindTimes};

    fn verify(counts: Counts, response_ms: u64) -> BTreeMap<Kind, KindResult> {
        let mut times = Box::new(KindTimes::new());
        times.of_mut(Measure::ResponseTime).saturating_record(response_ms * 1_000_000);
        BTreeMap::from([(Kind::Verify, KindResult { counts, times })])
    }

    const GOOD: Counts = Counts::all_right(1_000);

    #[test]
    fn each_objective_can_fail() {
        let slo = Slo::default();
        let judge = |counts, ms| judge_run(&slo, &verify(counts, ms), None);
        assert_eq!(judge(GOOD, 249), (Verdict::Held, vec![]));
        let (verdict, failures) = judge(GOOD, 251);
        assert_eq!(verdict, Verdict::Failed);
        assert!(failures[0].starts_with("verify: 99 % of the requests were answered within 251 ms"), "{failures:?}");
        let (verdict, failures) = judge(Counts { right: 998, wrong: 2, ..GOOD }, 1);
        assert_eq!(verdict, Verdict::Failed);
        assert!(
            failures[0].contains("99.8 % of 1,000 requests") && failures[0].contains("2 answered wrongly"),
            "{failures:?}"
        );
        assert_eq!(judge(Counts { right: 999, dropped: 1, ..GOOD }, 1).0, Verdict::Failed, "one dropped request");
        let allowed = Slo { dropped_share: passes::Share::of(0.01), ..slo };
        let dropped = verify(Counts { right: 999, dropped: 1, ..GOOD }, 1);
        assert_eq!(judge_run(&allowed, &dropped, None).0, Verdict::Held, "one in a thousand was allowed");
        let without_pass = Counts { asked: 1_500, without_pass: 500, ..GOOD };
        assert_eq!(judge(without_pass, 1).0, Verdict::Held, "counted apart");
    }

    #[test]
    fn a_spoiled_or_empty_run_is_unusable() {
        let slo = Slo::default();
        assert_eq!(judge_run(&slo, &verify(GOOD, 1), Some(Limit::Generator)).0, Verdict::Unusable);
        assert_eq!(judge_run(&slo, &BTreeMap::new(), None).0, Verdict::Unusable);
    }
}
