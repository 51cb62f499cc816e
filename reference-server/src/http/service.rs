//! What the public and those who run the server fetch.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use passes::wire::{KeyMaterial, KeySet, PublicKey, ServiceTime};

use super::App;
use super::problem::Problem;
use super::request_id::RequestId;
use crate::store::StoreError;

/// `GET /v1/keys`
pub(super) async fn keys(State(app): State<Arc<App>>) -> Json<KeySet> {
    let keys = app.scheme.issuer.keys().into_iter().map(|key| PublicKey {
        material: KeyMaterial::Okp { crv: "Ed25519".into(), x: base64url(&key.public) },
        kid: hex(&key.kid),
        alg: "EdDSA".into(),
        valid_from_s: 0,
        valid_until_s: i64::MAX,
        purpose: None,
    });
    Json(KeySet { keys: keys.collect() })
}

/// `GET /v1/time`: phones whose clock is off, and pages in a rehearsal on another day, go by it.
pub(super) async fn time(State(app): State<Arc<App>>) -> Json<ServiceTime> {
    Json(ServiceTime { now_s: app.clock.now_s() })
}

/// `GET /health`: the process answers.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: the store's writer answers, too.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.kept(app.store.register(Vec::new()).await)?;
    Ok("ready\n")
}

/// `GET /metrics`
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics_text())
}

impl App {
    /// The store's answer, or the problem that stands for its failure.
    pub(super) fn kept<T>(&self, answer: Result<T, StoreError>) -> Result<T, Problem> {
        answer.map_err(|error| match error {
            StoreError::Busy | StoreError::Closed | StoreError::Unavailable => Problem::Overloaded,
            StoreError::Database(cause) => {
                let request = RequestId::current().map(tracing::field::display);
                tracing::error!(request, %cause, "the store failed");
                Problem::Internal
            }
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes all that is written.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5).
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let group = |group: &[u8]| {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        (0..=group.len()).map(move |place| char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]))
    };
    bytes.chunks(3).flat_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_has_the_vectors_of_rfc_4648() {
        let vectors = [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE")];
        for (plain, coded) in vectors {
            assert_eq!(base64url(plain.as_bytes()), coded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
        assert_eq!(hex(&[0, 0xaf]), "00af");
    }
}
