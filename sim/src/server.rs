//! The server as residents see it: the one seam of resolution.

use std::collections::HashMap;

use passes::{Purpose, Refusal, Rules, Window};

/// A server that answers every request at once, by the rules. Another kind of server (a queue, a live one) takes this one's place.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    rules: &'a Rules,
    /// The passes of each resident that may count against a quota.
    counted: HashMap<u32, Vec<(Purpose, Window)>>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Server { rules, counted: HashMap::new() }
    }

    /// Issues `resident` a pass for `purpose` from `start_s` on, asked for at `now_s` (Unix seconds).
    ///
    /// # Errors
    /// Why it is refused.
    pub(crate) fn issue(
        &mut self,
        resident: u32,
        purpose: Purpose,
        now_s: i64,
        start_s: i64,
    ) -> Result<Window, Refusal> {
        let window = self.rules.window(purpose, now_s, Some(start_s), None)?;
        let remembered_s = self.rules.longest_quota_period_s();
        // A quota that a later phase brings counts the passes of before, too.
        if remembered_s > 0 {
            let passes = self.counted.entry(resident).or_default();
            // Asks come in the order of time, and no later one can be for an earlier period.
            let forgotten_s = now_s.min(window.from_s) - remembered_s;
            passes.retain(|(_, earlier)| earlier.from_s > forgotten_s);
            let mut quotas = self.rules.quota_windows(purpose, window.from_s);
            if !quotas.all(|quota| quota.admits(passes.iter().copied(), window)) {
                return Err(Refusal::QuotaExhausted);
            }
            passes.push((purpose, window));
        }
        Ok(window)
    }

    /// Takes back the pass of `resident` for `purpose` that starts at `start_s`: it no longer counts.
    pub(crate) fn cancel(&mut self, resident: u32, purpose: Purpose, start_s: i64) {
        if let Some(passes) = self.counted.get_mut(&resident)
            && let Some(index) = passes.iter().position(|(what, window)| (*what, window.from_s) == (purpose, start_s))
        {
            passes.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::{Period, Policy, PurposeRule, Quota};

    #[test]
    fn a_quota_counts_what_was_kept() {
        let datetime = |month, day| jiff::civil::datetime(2020, month, day, 0, 0, 0, 0);
        let purposes = [(Purpose::Groceries, PurposeRule::lasting(180))].into();
        let policy = Policy {
            quotas: vec![Quota::passes(1, Period::Day)],
            ..Policy::new(datetime(4, 2), datetime(6, 12), purposes)
        };
        let rules = policy.rules(0);
        let mut server = Server::new(&rules);
        let noon_s = 1_585_828_800;
        let ask = |server: &mut Server<'_>, start_s| server.issue(7, Purpose::Groceries, noon_s, start_s);
        assert!(ask(&mut server, noon_s).is_ok());
        assert_eq!(ask(&mut server, noon_s + 60), Err(Refusal::QuotaExhausted));
        assert!(ask(&mut server, noon_s + 80_000).is_ok(), "tomorrow is another day");
        server.cancel(7, Purpose::Groceries, noon_s);
        assert!(ask(&mut server, noon_s + 60).is_ok());
        assert_eq!(server.issue(7, Purpose::Pet, noon_s, noon_s), Err(Refusal::PurposeNotAllowed));
    }
}
