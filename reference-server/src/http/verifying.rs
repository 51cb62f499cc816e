//! An officer shows a code to the centre. Nothing is written, not even that somebody asked.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use passes::wire::{Verification, VerificationRequest};
use passes::{Check, Grant, Invalid};

use super::App;
use super::extract::{Body, Officer};
use super::problem::Problem;

/// `POST /v1/verifications`
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    _: Officer,
    Body(request): Body<VerificationRequest>,
) -> Result<Json<Verification>, Problem> {
    let judged = app.judge(&request.code).await?;
    let grant = judged.ok();
    Ok(Json(Verification {
        valid: grant.is_some(),
        reason: judged.err(),
        purpose: grant.map(|grant| grant.purpose),
        valid_until_s: grant.map(|grant| grant.window.until_s),
    }))
}

impl App {
    /// What `code` permits now, or why nothing.
    async fn judge(&self, code: &str) -> Result<Result<Grant, Invalid>, Problem> {
        let now_s = self.clock.now_s();
        let pass = match self.scheme.verifier.check(code, now_s) {
            Check::Genuine(grant) => grant.pass,
            Check::AskCentre(pass) => pass,
            Check::Invalid(why) => return Ok(Err(why)),
        };
        let kept = self.kept(self.store.find(pass).await)?;
        // Time comes before cancellation, as it does for a checkpoint that judges a signed code by itself.
        Ok(kept.ok_or(Invalid::Unknown).and_then(|kept| {
            let grant = self.as_it_stands(kept.grant, now_s);
            grant.holds(now_s)?;
            match (kept.revoked_s, kept.cancelled) {
                (Some(_), _) => Err(Invalid::Revoked),
                (None, true) => Err(Invalid::Cancelled),
                (None, false) => Ok(grant),
            }
        }))
    }
}
