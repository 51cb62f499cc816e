//! What handlers take from a request; whatever is wrong with it becomes a [`Problem`] here.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use passes::wire::Object;
use passes::{PassId, ResidentId};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::App;
use super::admit::in_one_piece;
use super::problem::Problem;
use crate::Role;
use crate::store::{KeyDigest, ProposalId};

/// A body of JSON.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // As all clients of ours say it, or in any of the other ways that there are.
        let plainly = request.headers().get(header::CONTENT_TYPE).is_some_and(|named| named == "application/json");
        if !plainly {
            let Json(Object(body)) =
                Json::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::NotJson,
                    StatusCode::PAYLOAD_TOO_LARGE => Problem::BodyTooLarge,
                    StatusCode::UNPROCESSABLE_ENTITY => Problem::InvalidBody,
                    _ => Problem::MalformedJson,
                })?;
            return Ok(Body(body));
        }
        // Its length was bounded at the gate.
        let body = in_one_piece(request.into_body(), usize::MAX).await?;
        // Where in the body it is wrong is told to nobody, so nobody keeps account of where it is read.
        let Object(body) = serde_json::from_slice(&body).map_err(|wrong| match wrong.classify() {
            Category::Data => Problem::InvalidBody,
            _ => Problem::MalformedJson,
        })?;
        Ok(Body(body))
    }
}

/// The resident whose token the request carries.
pub(super) struct Bearer(pub(super) ResidentId);

impl FromRequestParts<Arc<App>> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or(Problem::Unauthorized)?;
        app.token_key.open(token).map(Bearer).map_err(|_| Problem::Unauthorized)
    }
}

/// The token that the request carries.
fn bearer(parts: &Parts) -> Option<&str> {
    let (scheme, token) = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    // The name of the scheme may be written in any case (RFC 9110 section 11.1).
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// An officer, by name; `None` is anybody, where the server is open to all.
pub(super) struct Officer(pub(super) Option<Arc<str>>);

impl FromRequestParts<Arc<App>> for Officer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if app.staff.is_open() { Ok(Officer(None)) } else { member(parts, app, Role::Officer).map(Some).map(Officer) }
    }
}

/// An operator, or anybody where the server is open to all.
pub(super) struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if app.staff.is_open() { Ok(Operator) } else { member(parts, app, Role::Operator).map(|_| Operator) }
    }
}

/// An administrator, by name. No server is so open that anybody is one.
pub(super) struct Administrator(pub(super) Arc<str>);

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        member(parts, app, Role::Administrator).map(Administrator)
    }
}

/// The name of the member of staff who asks, if the role is theirs. Who is no member need not learn what members may do.
fn member(parts: &Parts, app: &App, wanted: Role) -> Result<Arc<str>, Problem> {
    let member = bearer(parts).and_then(|token| app.staff.member(token));
    let (name, role) = member.ok_or(Problem::Unauthorized)?;
    if role == wanted { Ok(Arc::clone(name)) } else { Err(Problem::RoleNotAllowed) }
}

/// The header `Idempotency-Key`, if there is one.
pub(super) struct IdempotencyKey(pub(super) Option<KeyDigest>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(header) = parts.headers.get("idempotency-key") else {
            return Ok(IdempotencyKey(None));
        };
        let key = header.to_str().map_err(|_| Problem::IdempotencyKeyInvalid)?;
        if (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(IdempotencyKey(Some(KeyDigest::of(key))))
        } else {
            Err(Problem::IdempotencyKeyInvalid)
        }
    }
}

/// A proposal named in the path.
pub(super) struct ProposalInPath(pub(super) ProposalId);

impl<S: Send + Sync> FromRequestParts<S> for ProposalInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let text = path.map_err(|_| Problem::NotFound)?.0;
        ProposalId::parse(&text).map(ProposalInPath).ok_or(Problem::NotFound)
    }
}

/// The number in the query after which a list goes on: `?after=1000`.
pub(super) struct After(pub(super) u64);

impl<S: Send + Sync> FromRequestParts<S> for After {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) else { return Ok(After(0)) };
        let number = query.strip_prefix("after=").and_then(|number| number.parse().ok());
        // Numbers in the database have a sign.
        number.filter(|number| i64::try_from(*number).is_ok()).map(After).ok_or(Problem::InvalidQuery)
    }
}

/// A pass named in the path. What is no name of a pass names none: it is not found.
pub(super) struct PassInPath(pub(super) PassId);

impl<S: Send + Sync> FromRequestParts<S> for PassInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        let text = path.map_err(|_| Problem::NotFound)?.0;
        PassId::parse(&text).map(PassInPath).map_err(|_| Problem::NotFound)
    }
}

/// A status list numbered in the path. What is no number names none: it is not found.
pub(super) struct ListInPath(pub(super) u32);

impl<S: Send + Sync> FromRequestParts<S> for ListInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<u32>::from_request_parts(parts, state).await;
        path.map(|path| ListInPath(path.0)).map_err(|_| Problem::NotFound)
    }
}
