//! Which passes were withdrawn, for checkpoints that ask nobody about a single one.
//!
//! The lists are made of what the store knows when they are a few seconds old and somebody asks. A list that is not named withdraws
//! nothing; lists of passes that are all over go by themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use passes::wire::{STATUS_LIST_CWT, StatusListLink};
use passes::{StatusList, StatusToken, wire};
use sha2::{Digest, Sha256};

use super::App;
use super::extract::ListInPath;
use super::problem::Problem;
use crate::audit::Hex;
use crate::store::Withdrawn;

/// How old the lists may be before they are made anew: whoever is revoked is on them within this time, in seconds.
const MADE_ANEW_S: i64 = 5;
/// When a checkpoint fetches a list again, in seconds.
const TTL_S: u32 = 60;
/// When a list must no longer be used: a checkpoint that was offline for a day does not know who was revoked.
const EXPIRES_S: i64 = 86_400;

/// A list that has not changed is signed anew when it is so old, in seconds: long before it expires, and seldom enough that phones which
/// ask again are told that nothing is new.
const SIGNED_ANEW_S: i64 = 3_600;

/// The lists of the moment.
#[derive(Default)]
pub(crate) struct StatusLists {
    made: Mutex<Option<Arc<Made>>>,
    /// Held by the one who makes them anew.
    making: tokio::sync::Mutex<()>,
}

struct Made {
    at_s: i64,
    /// The signed lists, by number.
    lists: BTreeMap<u32, Signed>,
}

#[derive(Clone)]
struct Signed {
    at_s: i64,
    /// The places on it, in order.
    places: Vec<u32>,
    token: Bytes,
    /// A strong validator (RFC 9110 section 8.8.3): a digest of the token.
    etag: HeaderValue,
}

/// `GET /v1/revocations`
pub(super) async fn index(State(app): State<Arc<App>>) -> Result<impl IntoResponse, Problem> {
    let made = app.status_lists().await?;
    let link = |&list: &u32| StatusListLink { list, uri: StatusToken::address(list) };
    let lists = wire::StatusLists { lists: made.lists.keys().map(link).collect(), ttl_s: TTL_S };
    Ok(([(CACHE_CONTROL, format!("public, max-age={MADE_ANEW_S}"))], Json(lists)))
}

/// `GET /v1/revocations/{list}`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    ListInPath(list): ListInPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let made = app.status_lists().await?;
    let signed = made.lists.get(&list).ok_or(Problem::NotFound)?.clone();
    let told = [(CACHE_CONTROL, caching()), (ETAG, signed.etag.clone())];
    if headers.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &signed.etag)) {
        return Ok((StatusCode::NOT_MODIFIED, told).into_response());
    }
    Ok((told, [(CONTENT_TYPE, STATUS_LIST_CWT)], signed.token).into_response())
}

fn caching() -> HeaderValue {
    HeaderValue::from_str(&format!("public, max-age={TTL_S}")).unwrap_or(HeaderValue::from_static("no-cache"))
}

/// Whether a header `If-None-Match` names this validator. A proxy may have weakened it, which changes nothing here.
fn names(header: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(header), Ok(etag)) = (header.to_str(), etag.to_str()) else { return false };
    header.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

impl App {
    /// The lists, made anew by one of those who ask when they are old; the others get the old ones meanwhile.
    async fn status_lists(self: &Arc<Self>) -> Result<Arc<Made>, Problem> {
        let now_s = self.clock.now_s();
        let is_new = |made: &Arc<Made>| (made.at_s..made.at_s + MADE_ANEW_S).contains(&now_s);
        let known = self.status_lists.known();
        if let Some(made) = known.clone().filter(is_new) {
            return Ok(made);
        }
        let _making = match (self.status_lists.making.try_lock(), known) {
            (Ok(making), _) => making,
            (Err(_), Some(old)) => return Ok(old),
            (Err(_), None) => self.status_lists.making.lock().await,
        };
        let known = self.status_lists.known();
        if let Some(made) = known.clone().filter(is_new) {
            return Ok(made);
        }
        let withdrawn = self.kept(self.store.withdrawn(now_s).await)?;
        let app = Arc::clone(self);
        // A few milliseconds a list, for compressing it.
        let making = tokio::task::spawn_blocking(move || app.make_status_lists(&withdrawn, known.as_deref(), now_s));
        let made = Arc::new(making.await.map_err(|_| Problem::Internal)?);
        *self.status_lists.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        Ok(made)
    }

    fn make_status_lists(&self, withdrawn: &[Withdrawn], before: Option<&Made>, now_s: i64) -> Made {
        let mut lists: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for pass in withdrawn {
            let place = self.scheme.centre.status_of(pass.serial);
            lists.entry(place.list).or_default().push(place.index);
        }
        let signed = |(list, places): (u32, Vec<u32>)| {
            let before = before.and_then(|before| before.lists.get(&list));
            let unchanged =
                before.filter(|old| old.places == places && (old.at_s..old.at_s + SIGNED_ANEW_S).contains(&now_s));
            Some((list, unchanged.cloned().or_else(|| self.sign_status_list(list, places, now_s))?))
        };
        Made { at_s: now_s, lists: lists.into_iter().filter_map(signed).collect() }
    }

    /// `None` for a scheme whose codes no list is about.
    fn sign_status_list(&self, list: u32, places: Vec<u32>, now_s: i64) -> Option<Signed> {
        let mut statuses = StatusList::default();
        places.iter().for_each(|place| statuses.revoke(*place));
        let token = StatusToken { list, issued_s: now_s, expires_s: now_s + EXPIRES_S, ttl_s: TTL_S, statuses };
        let token = self.scheme.issuer.sign_status(&token)?;
        let etag = HeaderValue::from_str(&format!("\"{}\"", Hex(&Sha256::digest(&token)[..16]))).ok()?;
        Some(Signed { at_s: now_s, places, token: token.into(), etag })
    }
}

impl StatusLists {
    fn known(&self) -> Option<Arc<Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validators_are_found_in_lists_of_them() {
        let etag = HeaderValue::from_static("\"ab\"");
        for (header, named) in [
            ("\"ab\"", true),
            ("W/\"ab\"", true),
            ("\"x\", \"ab\"", true),
            ("*", true),
            ("\"a\"", false),
            ("ab", false),
        ] {
            assert_eq!(names(&HeaderValue::from_static(header), &etag), named, "{header}");
        }
    }
}
