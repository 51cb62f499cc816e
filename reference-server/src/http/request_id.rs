//! A name for every request, so that what a client saw can be found in the log.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderName, HeaderValue};

use super::rehearsal::mixed;

/// The header of the answer. What a client sends under this name is not looked at: it could be anything.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The request being worked on: cheaper than a span for each, of which only the few that fail are told.
    static CURRENT: RequestId;
}

/// Sixteen hexadecimal digits that tell neither when nor how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestId(u64);

impl RequestId {
    /// The request that is being worked on.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(|id| *id).ok()
    }

    /// Works on a request under this name.
    pub(super) fn name<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    pub(super) fn header(self) -> HeaderValue {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let text: [u8; 16] = std::array::from_fn(|place| DIGITS[(self.0 >> (60 - 4 * place)) as usize & 15]);
        // Hexadecimal digits may stand in a header.
        HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Gives out names; each server begins somewhere else.
#[derive(Debug)]
pub(super) struct RequestIds {
    seed: u64,
    given: AtomicU64,
}

impl RequestIds {
    pub(super) fn new(seed: u64) -> Self {
        RequestIds { seed, given: AtomicU64::new(0) }
    }

    pub(super) fn next(&self) -> RequestId {
        RequestId(mixed(self.seed.wrapping_add(self.given.fetch_add(1, Ordering::Relaxed))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_the_same_in_the_header_and_in_the_log() {
        let ids = RequestIds::new(7);
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first, second);
        assert_eq!(first.header().to_str().unwrap(), first.to_string());
        assert_eq!(first.name(async { RequestId::current() }).await, Some(first));
        assert_eq!(RequestId::current(), None);
    }
}
