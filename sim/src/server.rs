//! The server as residents see it: the one seam of resolution.

use std::collections::HashMap;

use passes::{Purpose, Refusal, Rules, Window};

/// The longest period of a quota is a week; what started a day more before a new pass no longer counts.
const REMEMBERED_S: i64 = 8 * 86_400;

/// A server that answers every request at once, by the rules. Another kind of server (a queue, a live one) takes this one's place.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    rules: &'a Rules,
    /// The passes of each resident that count against a quota: purpose and start (Unix seconds).
    counted: HashMap<u32, Vec<(Purpose, i64)>>,
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
        let mut quotas = self.rules.quota_windows(purpose, start_s).peekable();
        if quotas.peek().is_some() {
            let passes = self.counted.entry(resident).or_default();
            passes.retain(|(_, start)| *start > start_s - REMEMBERED_S);
            for quota in quotas {
                let counts = |pass: &&(Purpose, i64)| {
                    quota.purposes.contains(pass.0) && (quota.starts.from_s..quota.starts.until_s).contains(&pass.1)
                };
                if passes.iter().filter(counts).count() >= quota.passes as usize {
                    return Err(Refusal::QuotaExhausted);
                }
            }
            passes.push((purpose, start_s));
        }
        Ok(window)
    }

    /// Takes back the pass of `resident` for `purpose` that starts at `start_s`: it no longer counts.
    pub(crate) fn cancel(&mut self, resident: u32, purpose: Purpose, start_s: i64) {
        if let Some(passes) = self.counted.get_mut(&resident)
            && let Some(index) = passes.iter().position(|pass| *pass == (purpose, start_s))
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
        let policy = Policy {
            from: jiff::civil::datetime(2020, 4, 2, 0, 0, 0, 0),
            until: jiff::civil::datetime(2020, 6, 12, 0, 0, 0, 0),
            advance_h: 24,
            purposes: [(Purpose::Groceries, PurposeRule { validity_min: 180, needs_pass: true })].into(),
            quotas: vec![Quota { purposes: vec![], passes: 1, per: Period::Day }],
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
