//! An officer shows a code to the centre. Nothing is written, not even that somebody asked; of a code that is good for one check,
//! a digest that leads to nobody. Only where the operator has checks logged, and says so to the public, a row is written for each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use passes::wire::{Verification, VerificationRequest};
use passes::{Check, Grant, Invalid, Opaque, PassId, Purpose, SpokenCode, Voucher};

use super::App;
use super::extract::{Body, Officer};
use super::problem::Problem;
use crate::store::{KeptPass, LoggedCheck, Spending, TokenDigest};

/// Longest name of a place, in bytes.
const PLACE_BYTES: usize = 64;

/// What a code turned out to be.
struct Judged {
    /// The pass, where the server can tell which it is.
    pass: Option<PassId>,
    /// For what and until when it holds now, or why not.
    verdict: Result<(Purpose, i64), Invalid>,
}

/// `POST /v1/verifications`
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    Officer(officer): Officer,
    Body(request): Body<VerificationRequest>,
) -> Result<Json<Verification>, Problem> {
    let VerificationRequest { code, place } = request;
    if place.as_ref().is_some_and(|place| !app.log_checks || !(1..=PLACE_BYTES).contains(&place.len())) {
        return Err(Problem::InvalidBody);
    }
    let Judged { pass, verdict } = app.judge(&code, officer.as_ref()).await?;
    if app.log_checks {
        app.kept(app.store.log_check(LoggedCheck { at_s: app.clock.now_s(), pass, officer, place }).await)?;
    }
    app.outcomes.count(verdict.err());
    let valid = verdict.ok();
    Ok(Json(Verification {
        valid: valid.is_some(),
        reason: verdict.err(),
        purpose: valid.map(|(purpose, _)| purpose),
        valid_until_s: valid.map(|(_, until_s)| until_s),
    }))
}

impl App {
    /// What `code` is worth now.
    async fn judge(&self, code: &str, officer: Option<&Arc<str>>) -> Result<Judged, Problem> {
        let now_s = self.clock.now_s();
        let kept = match self.scheme.verifier.check(code, now_s) {
            Check::Genuine(claims) => self.kept(self.store.find(claims.pass).await)?,
            Check::AskCentre(Opaque::Pass(pass)) => self.kept(self.store.find(pass).await)?,
            Check::AskCentre(Opaque::Spoken(spoken)) => self.locate(spoken, officer, now_s).await?,
            Check::Spend(voucher) => return Ok(Judged { pass: None, verdict: self.spend(voucher).await? }),
            Check::Invalid(why) => return Ok(Judged { pass: None, verdict: Err(why) }),
        };
        let grant = kept.ok_or(Invalid::Unknown).and_then(|kept| self.holds(&kept, now_s));
        let verdict = grant.map(|grant| (grant.purpose, grant.window.until_s));
        Ok(Judged { pass: kept.map(|kept| kept.grant.pass), verdict })
    }

    /// The pass with this spoken code. An officer who types many that nobody holds is guessing.
    async fn locate(
        &self,
        spoken: SpokenCode,
        officer: Option<&Arc<str>>,
        now_s: i64,
    ) -> Result<Option<KeptPass>, Problem> {
        if officer.is_some_and(|officer| !self.guesses.may_try(officer, now_s)) {
            return Err(Problem::TooManyGuesses);
        }
        let found = self.kept(self.store.find_serial(self.scheme.centre.locate(spoken)).await)?;
        let found = found.filter(|kept| self.scheme.centre.spoken(&kept.grant) == spoken);
        if let (None, Some(officer)) = (&found, officer) {
            self.guesses.missed(officer, now_s);
        }
        Ok(found)
    }

    /// The pass as it holds now. Time comes before withdrawal, as it does for a checkpoint that judges a signed code by itself.
    fn holds(&self, kept: &KeptPass, now_s: i64) -> Result<Grant, Invalid> {
        let grant = self.as_it_stands(kept.grant, now_s);
        grant.holds(now_s)?;
        match (kept.revoked_s, kept.cancelled) {
            (Some(_), _) => Err(Invalid::Revoked),
            (None, true) => Err(Invalid::Cancelled),
            (None, false) => Ok(grant),
        }
    }

    /// The first who spends a voucher goes through.
    async fn spend(&self, voucher: Voucher) -> Result<Result<(Purpose, i64), Invalid>, Problem> {
        let until_s = voucher.window.until_s;
        let spending = self.kept(self.store.spend(TokenDigest(voucher.digest), until_s).await)?;
        Ok(match spending {
            Spending::First => Ok((voucher.purpose, until_s)),
            Spending::Again => Err(Invalid::Spent),
        })
    }
}
