//! Residents register, by themselves or through an operator.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use passes::wire;
use passes::wire::{Registered, RegisteredBatch, RegistrationBatch};

use super::App;
use super::extract::{Body, IdempotencyKey, Operator};
use super::problem::Problem;
use crate::Limits;
use crate::store::{KeyDigest, NewResident, Registration};

const DAY_S: i64 = 86_400;

/// Longest number of a document, in characters.
const DOCUMENT_CHARS: usize = 64;

/// `POST /v1/residents`
pub(super) async fn register(
    State(app): State<Arc<App>>,
    IdempotencyKey(key): IdempotencyKey,
    Body(registration): Body<wire::Registration>,
) -> Result<(StatusCode, Json<Registered>), Problem> {
    let new = app.new_resident(&registration, key)?;
    match app.kept(app.store.register(vec![new]).await)?.first() {
        Some(Registration::New | Registration::Again) => Ok((StatusCode::CREATED, Json(app.registered(&new)))),
        // Anybody may know a document's number: it alone does not give away the token.
        _ => Err(Problem::AlreadyRegistered),
    }
}

/// `POST /v1/residents/batch`
pub(super) async fn register_batch(
    State(app): State<Arc<App>>,
    _: Operator,
    Body(batch): Body<RegistrationBatch>,
) -> Result<Json<RegisteredBatch>, Problem> {
    if batch.residents.len() > Limits::BATCH_RESIDENTS {
        return Err(Problem::InvalidBody);
    }
    let new = batch.residents.iter().map(|registration| app.new_resident(registration, None));
    let new: Vec<NewResident> = new.collect::<Result<_, _>>()?;
    let residents = new.iter().map(|new| app.registered(new)).collect();
    app.kept(app.store.register(new).await)?;
    Ok(Json(RegisteredBatch { residents }))
}

impl App {
    fn new_resident(&self, asked: &wire::Registration, key: Option<KeyDigest>) -> Result<NewResident, Problem> {
        if !(1..=DOCUMENT_CHARS).contains(&asked.document.chars().count()) {
            return Err(Problem::InvalidBody);
        }
        let resident = self.token_key.resident(&asked.document);
        // The day is enough to know who no longer needs the service. The second would say for months when somebody was at home.
        let registered_s = self.clock.now_s() / DAY_S * DAY_S;
        Ok(NewResident { resident, registered_s, channel: asked.channel, key })
    }

    fn registered(&self, new: &NewResident) -> Registered {
        Registered { token: self.token_key.token(new.resident).as_str().to_owned() }
    }
}
