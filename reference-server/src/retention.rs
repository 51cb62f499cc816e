//! What is no longer needed goes, by schedule.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use passes::Rules;

use crate::http::App;
use crate::store::{Act, Purge};

/// How long an idempotency key is remembered at least, in seconds.
pub(crate) const KEY_MEMORY_S: i64 = 24 * 3_600;
/// No removal has happened yet.
const NEVER: i64 = i64::MIN;

/// How long things are kept, and when they were last removed.
#[derive(Debug)]
pub(crate) struct Retention {
    passes_s: i64,
    residents_until_s: i64,
    last_s: AtomicI64,
}

impl Retention {
    /// Passes are kept for `wanted_s` after their end, and longer where a repeat may still be asked for or a quota counts them.
    pub(crate) fn new(wanted_s: i64, rules: &Rules) -> Self {
        let passes_s = wanted_s.max(KEY_MEMORY_S).max(rules.longest_quota_period_s());
        Retention {
            passes_s,
            residents_until_s: rules.in_force_for().until_s + passes_s,
            last_s: AtomicI64::new(NEVER),
        }
    }

    /// How long passes are kept after their end, in seconds.
    pub(crate) fn passes_s(&self) -> i64 {
        self.passes_s
    }

    /// When residents go, too: after the sunset nobody needs to be known.
    pub(crate) fn residents_until_s(&self) -> i64 {
        self.residents_until_s
    }

    /// When things were last removed, in Unix seconds.
    pub(crate) fn last_s(&self) -> Option<i64> {
        Some(self.last_s.load(Ordering::Relaxed)).filter(|last_s| *last_s != NEVER)
    }

    fn due(&self, rules: &Rules, now_s: i64) -> Purge {
        Purge {
            ended_before_s: rules.ended_for_good(now_s - self.passes_s),
            residents_before_s: (now_s >= self.residents_until_s).then_some(now_s - self.passes_s),
        }
    }

    /// Often enough that nothing stays for long, seldom enough to cost nothing.
    fn interval(&self) -> Duration {
        Duration::from_secs((self.passes_s / 24).clamp(60, 3_600) as u64)
    }
}

/// Removes what is due at once and then by schedule, as long as it is polled.
pub(crate) async fn keep_to(app: Arc<App>) {
    let mut ticks = tokio::time::interval(app.retention.interval());
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let interval_s = app.retention.interval().as_secs() as i64;
    loop {
        let due_s = app.retention.last_s().map_or(i64::MIN, |last_s| last_s.saturating_add(interval_s));
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.clock.is_set_to(due_s) => {}
        }
        remove(&app).await;
    }
}

async fn remove(app: &App) {
    let now_s = app.clock.now_s();
    let forgotten = app.store.act(Act::Forget { at_s: now_s }).await;
    let purged = app.store.purge(app.retention.due(&app.rules, now_s)).await;
    // A store that cannot write says so itself; the next tick tries again.
    if let Err(cause) = &purged {
        tracing::warn!(%cause, "what is no longer needed cannot be removed; it is tried again later");
    }
    if forgotten.is_ok() && purged.is_ok() {
        app.retention.last_s.store(now_s, Ordering::Relaxed);
    }
}
