//! Single requests, each answered before its sender goes on: for those who need the answers and measure nothing.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{client_of, root_cause};
use crate::{LoadError, Target};

/// Sends single requests to one target. It may be shared by many tasks; it needs a tokio runtime around it.
#[derive(Clone, Debug)]
pub struct Caller {
    client: reqwest::Client,
    url: String,
}

/// What is asked.
#[derive(Debug)]
pub enum Call<'a, B> {
    /// What stands there.
    Get,
    /// To do what the body says.
    Post(&'a B),
    /// To take away what stands there.
    Delete,
}

impl<B> Clone for Call<'_, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Call<'_, B> {}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Answered {
    /// The body of a success as what it should be; `None` for any other answer.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        (200..300).contains(&self.status).then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }
}

impl Caller {
    /// Asks `target`, which is not asked yet.
    ///
    /// # Errors
    /// [`LoadError`] when no client can be made.
    pub fn new(target: &Target) -> Result<Self, LoadError> {
        Ok(Caller { client: client_of(target)?, url: target.url() })
    }

    /// Sends one request to `path`, as whoever has the `token`, and again for the same when `key` was sent before (`Idempotency-Key`).
    ///
    /// # Errors
    /// [`LoadError::Unreachable`] when no answer comes. Every answer is one, a refusal too.
    pub async fn call<B: Serialize + Sync>(
        &self,
        call: Call<'_, B>,
        path: &str,
        token: Option<&str>,
        key: Option<&str>,
    ) -> Result<Answered, LoadError> {
        let url = format!("{}{path}", self.url);
        let mut request = match call {
            Call::Get => self.client.get(url),
            Call::Post(body) => self.client.post(url).json(body),
            Call::Delete => self.client.delete(url),
        };
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let unreachable =
            |cause: reqwest::Error| LoadError::Unreachable { url: self.url.clone(), cause: root_cause(&cause) };
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(unreachable)?.to_vec();
        Ok(Answered { status, body })
    }
}
