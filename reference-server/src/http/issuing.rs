//! Residents ask for passes, look at them and give them back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use passes::wire::{IssuedPass, PassRequest};
use passes::{Grant, PassId, QuotaWindow, Refusal, ResidentId, Window};

use super::App;
use super::extract::{Bearer, Body, IdempotencyKey, PassInPath};
use super::problem::Problem;
use crate::retention::KEY_MEMORY_S;
use crate::store::{Asked, Issuance, NewPass};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// `POST /v1/passes`
pub(super) async fn issue(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    IdempotencyKey(key): IdempotencyKey,
    Body(request): Body<PassRequest>,
) -> Result<Response, Problem> {
    let asked = Asked::new(key.ok_or(Problem::IdempotencyKeyMissing)?, &request);
    let now_s = app.clock.now_s();
    let issuance = match app.rules.window(request.purpose, now_s, request.valid_from_s, request.duration_s) {
        Ok(window) => {
            app.scheme.issuer.accept(request.blinded.as_deref(), request.purpose, window)?;
            let pass = app.new_pass(resident, asked, now_s, &request, window)?;
            app.kept(app.store.issue(pass).await)?
        }
        Err(refusal) => app.replay(resident, asked, now_s, refusal).await?,
    };
    let blinded = request.blinded.as_deref();
    match issuance {
        Issuance::Issued(grant) => {
            Ok((StatusCode::CREATED, Json(app.shown(grant, resident, blinded).await?)).into_response())
        }
        Issuance::Replayed(grant) => {
            let header = [(REPLAYED, HeaderValue::from_static("true"))];
            Ok((StatusCode::CREATED, header, Json(app.shown(grant, resident, blinded).await?)).into_response())
        }
        Issuance::KeyReused => Err(Problem::IdempotencyKeyReused),
        Issuance::QuotaExhausted => Err(Problem::Refused(Refusal::QuotaExhausted)),
        Issuance::TooMany => Err(Problem::TooManyPasses),
        Issuance::UnknownResident => Err(Problem::Unauthorized),
    }
}

/// `GET /v1/passes/{pass}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    PassInPath(pass): PassInPath,
) -> Result<Json<IssuedPass>, Problem> {
    app.pass_of(resident, pass).await.map(Json)
}

/// `DELETE /v1/passes/{pass}`
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    Bearer(resident): Bearer,
    PassInPath(pass): PassInPath,
) -> Result<StatusCode, Problem> {
    if !app.scheme.issuer.can_withdraw() {
        return Err(Problem::NotWithdrawable);
    }
    let found = app.kept(app.store.cancel(pass, resident, app.rules.local_day(app.clock.now_s())).await)?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::NotFound) }
}

impl App {
    fn new_pass(
        &self,
        resident: ResidentId,
        asked: Asked,
        now_s: i64,
        request: &PassRequest,
        window: Window,
    ) -> Result<NewPass, Problem> {
        let random = self.random.take().map_err(|_| Problem::Internal)?;
        let quotas: Vec<QuotaWindow> = self.rules.quota_windows(request.purpose, window.from_s).collect();
        // A pass is issued at most the advance before it starts, so none issued before that can fall into the quota's period.
        let periods_s = quotas.iter().map(|quota| quota.starts.from_s - self.rules.longest_advance_s());
        Ok(NewPass {
            resident,
            asked,
            since_s: periods_s.fold(now_s - KEY_MEMORY_S, i64::min),
            purpose: request.purpose,
            window,
            issued_s: now_s,
            day: self.rules.local_day(now_s),
            random,
            quotas,
            at_most: self.limits.passes_per_resident,
        })
    }

    /// The pass as it stands now, for who holds it.
    pub(super) async fn pass_of(self: &Arc<Self>, resident: ResidentId, pass: PassId) -> Result<IssuedPass, Problem> {
        let now_s = self.clock.now_s();
        // Another's pass is not found rather than forbidden: nobody learns that it exists.
        let kept = self.kept(self.store.find(pass).await)?.filter(|kept| kept.resident == resident);
        let grant = self.as_it_stands(kept.ok_or(Problem::NotFound)?.grant, now_s);
        self.shown(grant, resident, None).await
    }

    /// Who was answered before the rules came to refuse (the start is past by now, or the sunset has come) is answered the same
    /// again; for all others, nobody troubles the writer.
    async fn replay(
        &self,
        resident: ResidentId,
        asked: Asked,
        now_s: i64,
        refusal: Refusal,
    ) -> Result<Issuance, Problem> {
        let before = self.kept(self.store.replay(resident, asked, now_s - KEY_MEMORY_S).await)?;
        before.ok_or(Problem::Refused(refusal))
    }

    /// A kept grant as it stands at `now_s`: a phase of the policy may have prolonged it.
    pub(super) fn as_it_stands(&self, grant: Grant, now_s: i64) -> Grant {
        Grant { window: self.rules.extended(grant.purpose, grant.window, now_s), ..grant }
    }
}
