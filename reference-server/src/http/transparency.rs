//! `GET /v1/transparency`: what the public may know.
//!
//! Counts are rounded down to tens and told by purpose for whole days that are over, so that nobody is one of a few, and nobody who
//! asks again and again sees a single pass being issued.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use passes::Purpose;
use passes::wire::{AdministratorCounts, DayCounts, Kept, PolicyDates, Retention, Transparency, VerificationCounts};

use super::App;
use super::administration::head;
use super::problem::Problem;
use crate::kept::KEPT;
use crate::store::Ended;

/// Counts are told in steps of this.
const STEP: u64 = 10;
const COUNTS_ARE: &str =
    "rounded down to tens, so that 0 stands for fewer than ten; by purpose only for whole days that are over";
const FIRST_DAY: Date = jiff::civil::date(1970, 1, 1);

/// `GET /v1/transparency`
pub(super) async fn transparency(State(app): State<Arc<App>>) -> Result<Json<Transparency>, Problem> {
    let now_s = app.clock.now_s();
    let issued = app.kept(app.store.issued_daily().await)?;
    let ended = app.kept(app.store.ended().await)?;
    let proposals = app.kept(app.store.proposals(now_s).await)?;
    let audit = app.kept(app.store.audit_head().await)?;
    let in_force = app.rules.in_force_for();
    Ok(Json(Transparency {
        counts_are: COUNTS_ARE.into(),
        scheme: app.scheme_kind.name().into(),
        policy: PolicyDates { from_s: in_force.from_s, sunset_s: in_force.until_s },
        retention: Retention {
            passes_s: app.retention.passes_s(),
            residents_until_s: app.retention.residents_until_s(),
            last_removal_s: app.retention.last_s(),
        },
        days: days(&issued, &ended, app.rules.local_day(now_s)),
        verifications: VerificationCounts {
            since_s: app.started_s,
            outcomes: app.outcomes.read().into_iter().map(|(name, count)| (name.to_owned(), told(count))).collect(),
        },
        checks_logged: app.log_checks,
        administrators: AdministratorCounts {
            audit: head(&audit),
            open_proposals: proposals.iter().filter(|proposal| !proposal.approved).count() as u64,
        },
        kept: KEPT.map(|(what, why)| Kept { what: what.into(), why: why.into() }).into(),
    }))
}

/// A count as the public gets it.
const fn told(count: u64) -> u64 {
    count - count % STEP
}

/// The counts of the days before `today`.
fn days(issued: &[(i32, Purpose, u64)], ended: &[Ended], today: i32) -> Vec<DayCounts> {
    let mut days: BTreeMap<i32, DayCounts> = BTreeMap::new();
    let mut count =
        |day: i32, kind: fn(&mut DayCounts) -> &mut BTreeMap<String, u64>, purpose: Purpose, passes: u64| {
            if day < today && passes > 0 {
                let counts = days.entry(day).or_insert_with(|| DayCounts { day: date(day), ..DayCounts::default() });
                kind(counts).insert(purpose.name().into(), told(passes));
            }
        };
    for &(day, purpose, passes) in issued {
        count(day, |counts| &mut counts.issued, purpose, passes);
    }
    for ended in ended {
        count(ended.day, |counts| &mut counts.cancelled, ended.purpose, ended.cancelled);
        count(ended.day, |counts| &mut counts.revoked, ended.purpose, ended.revoked);
    }
    days.into_values().collect()
}

/// A day in days since 1970, such as `2020-04-03`.
fn date(day: i32) -> String {
    // Days from clocks that are wrong by millennia have no name.
    FIRST_DAY.checked_add(i64::from(day).days()).map_or_else(|_| day.to_string(), |date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_are_not_told() {
        assert_eq!([0, 1, 9, 10, 19, 20].map(told), [0, 0, 0, 10, 10, 20]);
        let issued = [(18_355, Purpose::Pet, 3), (18_355, Purpose::Work, 41), (18_356, Purpose::Work, 99)];
        let ended = [Ended { day: 18_355, purpose: Purpose::Work, cancelled: 12, revoked: 0 }];
        let told = days(&issued, &ended, 18_356);
        let day = DayCounts {
            day: "2020-04-03".into(),
            issued: [("pet".into(), 0), ("work".into(), 40)].into(),
            cancelled: [("work".into(), 10)].into(),
            revoked: BTreeMap::new(),
        };
        assert_eq!(told, [day], "and nothing of the day that is not over");
    }
}
