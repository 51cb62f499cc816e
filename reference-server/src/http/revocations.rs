//! Which passes were withdrawn, for checkpoints that ask nobody about a single one.
//!
//! The lists are made of what the store knows when they are a few seconds old and somebody asks. A list that is not named withdraws
//! nothing; lists of passes that are all over go by themselves.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use passes::wire::{STATUS_LIST_CWT, StatusListLink};
use passes::{StatusList, StatusToken, wire};

use super::App;
use super::extract::ListInPath;
use super::problem::Problem;
use crate::store::Withdrawn;

/// How old the lists may be before they are made anew: whoever is revoked is on them within this time, in seconds.
const MADE_ANEW_S: i64 = 5;
/// When a checkpoint fetches a list again, in seconds.
const TTL_S: u32 = 60;
/// When a list must no longer be used: a checkpoint that was offline for a day does not know who was revoked.
const EXPIRES_S: i64 = 86_400;

/// The lists of the moment.
#[derive(Default)]
pub(crate) struct StatusLists(Mutex<Option<Arc<Made>>>);

struct Made {
    at_s: i64,
    /// The signed lists, by number.
    lists: BTreeMap<u32, Vec<u8>>,
}

/// `GET /v1/revocations`
pub(super) async fn index(State(app): State<Arc<App>>) -> Result<Json<wire::StatusLists>, Problem> {
    let made = app.status_lists().await?;
    let link = |&list: &u32| StatusListLink { list, uri: StatusToken::address(list) };
    Ok(Json(wire::StatusLists { lists: made.lists.keys().map(link).collect(), ttl_s: TTL_S }))
}

/// `GET /v1/revocations/{list}`
pub(super) async fn list(State(app): State<Arc<App>>, ListInPath(list): ListInPath) -> Result<Response, Problem> {
    let made = app.status_lists().await?;
    let bytes = made.lists.get(&list).ok_or(Problem::NotFound)?.clone();
    let headers = [(CONTENT_TYPE, STATUS_LIST_CWT.to_owned()), (CACHE_CONTROL, format!("public, max-age={TTL_S}"))];
    Ok((headers, bytes).into_response())
}

impl App {
    async fn status_lists(self: &Arc<Self>) -> Result<Arc<Made>, Problem> {
        let now_s = self.clock.now_s();
        let known = self.status_lists.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(made) = known.filter(|made| (made.at_s..made.at_s + MADE_ANEW_S).contains(&now_s)) {
            return Ok(made);
        }
        let withdrawn = self.kept(self.store.withdrawn(now_s).await)?;
        let app = Arc::clone(self);
        // A few milliseconds a list, for compressing it.
        let making = tokio::task::spawn_blocking(move || app.make_status_lists(&withdrawn, now_s));
        let made = Arc::new(making.await.map_err(|_| Problem::Internal)?);
        *self.status_lists.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&made));
        Ok(made)
    }

    fn make_status_lists(&self, withdrawn: &[Withdrawn], now_s: i64) -> Made {
        let mut lists: BTreeMap<u32, StatusList> = BTreeMap::new();
        for pass in withdrawn {
            let place = self.scheme.centre.status_of(pass.serial);
            lists.entry(place.list).or_default().revoke(place.index);
        }
        let sign = |(list, statuses)| {
            let token = StatusToken { list, issued_s: now_s, expires_s: now_s + EXPIRES_S, ttl_s: TTL_S, statuses };
            Some((list, self.scheme.issuer.sign_status(&token)?))
        };
        Made { at_s: now_s, lists: lists.into_iter().filter_map(sign).collect() }
    }
}
