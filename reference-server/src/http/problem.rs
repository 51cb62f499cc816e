//! What can go wrong, as problem documents (RFC 9457) with stable types.

use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use passes::{AskError, Refusal, wire};

/// Seconds after which to ask again when the server is overloaded.
const RETRY_AFTER_S: &str = "1";

/// One kind of problem. Internal errors are all alike: their cause is nobody's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    MalformedJson,
    IdempotencyKeyMissing,
    IdempotencyKeyInvalid,
    Unauthorized,
    Refused(Refusal),
    Blinded(AskError),
    NotWithdrawable,
    RoleNotAllowed,
    OwnProposal,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    AlreadyRegistered,
    ApprovedBefore,
    BodyTooLarge,
    NotJson,
    InvalidBody,
    InvalidQuery,
    SelectionUnusable,
    IdempotencyKeyReused,
    TooManyPasses,
    TooManyGuesses,
    TooManyProposals,
    Internal,
    Overloaded,
}

impl Problem {
    /// Status, last part of the type, sentence for people.
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Problem::MalformedJson => (StatusCode::BAD_REQUEST, "malformed-json", "The body is not JSON."),
            Problem::IdempotencyKeyMissing => (
                StatusCode::BAD_REQUEST,
                "idempotency-key-missing",
                "Send a header Idempotency-Key, new for every new request.",
            ),
            Problem::IdempotencyKeyInvalid => (
                StatusCode::BAD_REQUEST,
                "idempotency-key-invalid",
                "An Idempotency-Key has 1 to 64 visible ASCII characters.",
            ),
            Problem::Unauthorized => {
                (StatusCode::UNAUTHORIZED, "unauthorized", "Send your token: Authorization: Bearer.")
            }
            Problem::Refused(refusal) => (StatusCode::FORBIDDEN, refusal.name(), refusal.sentence()),
            Problem::Blinded(AskError::NothingToSign) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "nothing-to-sign",
                "This server issues no blind passes; leave `blinded` out.",
            ),
            Problem::Blinded(AskError::NotBlinded) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "not-blinded",
                "This server issues blind passes; send what to sign as `blinded`.",
            ),
            Problem::Blinded(AskError::Malformed) => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "malformed-blinded",
                "`blinded` is not 256 bytes below the modulus of the day's key, in unpadded base64url.",
            ),
            Problem::Blinded(AskError::NoKey) => (
                StatusCode::FORBIDDEN,
                "no-key",
                "There is no key for this day; see /v1/keys for the days that have one.",
            ),
            Problem::NotWithdrawable => (
                StatusCode::CONFLICT,
                "not-withdrawable",
                "The server does not know your code and cannot take it back; it lapses by itself.",
            ),
            Problem::RoleNotAllowed => {
                (StatusCode::FORBIDDEN, "role-not-allowed", "This is for another role than yours.")
            }
            Problem::OwnProposal => {
                (StatusCode::FORBIDDEN, "own-proposal", "Another administrator must approve what you proposed.")
            }
            Problem::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here."),
            Problem::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "This cannot be done here.")
            }
            Problem::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request took too long to arrive; send it again.")
            }
            Problem::AlreadyRegistered => {
                (StatusCode::CONFLICT, "already-registered", "This document is registered already.")
            }
            Problem::ApprovedBefore => (StatusCode::CONFLICT, "approved-before", "This proposal is approved already."),
            Problem::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large."),
            Problem::NotJson => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", "Send the body with Content-Type: application/json.")
            }
            Problem::InvalidBody => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-body",
                "The body lacks a field, has an unknown one or a wrong value.",
            ),
            Problem::InvalidQuery => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query", "The query is not one that is understood here.")
            }
            Problem::SelectionUnusable => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "selection-unusable",
                "No pass was issued then that still holds, or more than 20,000 were; choose another stretch of time.",
            ),
            Problem::IdempotencyKeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                "This Idempotency-Key was used for another request.",
            ),
            Problem::TooManyPasses => {
                (StatusCode::TOO_MANY_REQUESTS, "too-many-passes", "You have asked for too many passes; wait a day.")
            }
            Problem::TooManyGuesses => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-guesses",
                "You typed too many codes that nobody holds; scan the QR code, or wait ten minutes.",
            ),
            Problem::TooManyProposals => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-proposals",
                "Too many proposals wait for approval; approve some or let them lapse.",
            ),
            Problem::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong here; send the request again later.",
            ),
            Problem::Overloaded => {
                (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too many ask at once; ask again in a moment.")
            }
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Problem::Blinded(error)
    }
}

impl Problem {
    pub(super) const fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The stable type, such as `/problems/not-found`.
    pub(super) fn kind(self) -> String {
        format!("/problems/{}", self.parts().1)
    }

    pub(super) const fn title(self) -> &'static str {
        self.parts().2
    }

    /// The header that goes with it.
    pub(super) fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Problem::Overloaded => Some((RETRY_AFTER, RETRY_AFTER_S)),
            Problem::Unauthorized => Some((WWW_AUTHENTICATE, "Bearer")),
            // What is left of the request is not read, so nothing can be asked after it. (HTTP/2 has no such header: hyper leaves it out.)
            Problem::BodyTooLarge | Problem::RequestTimeout => Some((CONNECTION, "close")),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let problem = wire::Problem { kind: self.kind(), title: self.title().into(), status: status.as_u16() };
        // Three plain fields: this does not fail.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, wire::PROBLEM_JSON)], body).into_response();
        response.headers_mut().extend(self.header().map(|(name, value)| (name, HeaderValue::from_static(value))));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_described() {
        let described = include_str!("../../../docs/api.md");
        // The server does not know where a holder goes.
        let refusals = Refusal::ALL.into_iter().filter(|refusal| *refusal != Refusal::BeyondRadius);
        let others = [
            Problem::MalformedJson,
            Problem::IdempotencyKeyMissing,
            Problem::IdempotencyKeyInvalid,
            Problem::Unauthorized,
            Problem::Blinded(AskError::NothingToSign),
            Problem::Blinded(AskError::NotBlinded),
            Problem::Blinded(AskError::Malformed),
            Problem::Blinded(AskError::NoKey),
            Problem::NotWithdrawable,
            Problem::RoleNotAllowed,
            Problem::OwnProposal,
            Problem::ApprovedBefore,
            Problem::InvalidQuery,
            Problem::SelectionUnusable,
            Problem::TooManyProposals,
            Problem::NotFound,
            Problem::MethodNotAllowed,
            Problem::RequestTimeout,
            Problem::AlreadyRegistered,
            Problem::BodyTooLarge,
            Problem::NotJson,
            Problem::InvalidBody,
            Problem::IdempotencyKeyReused,
            Problem::TooManyPasses,
            Problem::TooManyGuesses,
            Problem::Internal,
            Problem::Overloaded,
        ];
        let problems: Vec<Problem> = refusals.map(Problem::Refused).chain(others).collect();
        for problem in &problems {
            let (status, name, _) = problem.parts();
            let row = format!("| {} | `{name}` |", status.as_u16());
            assert!(described.contains(&row), "docs/api.md lacks {row}");
        }
        let rows = described.lines().filter(|line| line.starts_with("| 4") || line.starts_with("| 5")).count();
        assert_eq!(rows, problems.len(), "docs/api.md describes a problem that does not exist");
    }
}
