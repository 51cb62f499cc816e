//! Patients who must stay at home answer the prompts that they get.
//!
//! Whoever prompts has to know only who has not answered since. So of each patient the time of the latest answer is kept, and the
//! next one overwrites it: no history, no position, no picture.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use passes::Refusal;
use passes::wire::{CheckIn, LatestCheckIn};

use super::App;
use super::extract::{Bearer, Body};
use super::problem::Problem;

/// `POST /v1/check-ins`
pub(super) async fn check_in(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    Body(CheckIn {}): Body<CheckIn>,
) -> Result<StatusCode, Problem> {
    let now_s = app.clock.now_s();
    if app.rules.is_over(now_s) {
        return Err(Problem::Refused(Refusal::Sunset));
    }
    let known = app.kept(app.store.check_in(resident, now_s).await)?;
    if known { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::Unauthorized) }
}

/// `GET /v1/check-ins`
pub(super) async fn latest(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
) -> Result<Json<LatestCheckIn>, Problem> {
    let latest_s = app.kept(app.store.latest_check_in(resident).await)?;
    latest_s.map(|checked_in_s| Json(LatestCheckIn { checked_in_s })).ok_or(Problem::NotFound)
}
