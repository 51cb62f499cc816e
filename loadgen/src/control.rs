//! The control plane: what is asked of a target before and between runs. Off the sending path, so reqwest serves.

use std::error::Error;
use std::time::{Duration, Instant};

use passes::wire::{KeySet, RegisteredBatch, Registration, RegistrationBatch, ServiceTime};
use passes::{Channel, Key};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use crate::address::Address;
use crate::{LoadError, StaffToken, Target};

/// Most residents in one request (`docs/api.md`).
const BATCH: usize = 1_000;
/// Metrics are worth no longer wait.
const METRICS_TIMEOUT: Duration = Duration::from_secs(2);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A client of one target. What is asked goes to its first address.
pub(crate) struct Control {
    runtime: Runtime,
    client: reqwest::Client,
    url: String,
    /// Of all addresses.
    urls: Vec<String>,
    operator: Option<StaffToken>,
}

impl Control {
    pub(crate) fn new(target: &Target) -> Result<Self, LoadError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let client = client_of(target)?;
        let urls = target.addresses().map(Address::url).collect();
        Ok(Control { runtime, client, url: target.url(), urls, operator: target.staff().operator.clone() })
    }

    /// Registers made-up residents with these documents, and hands their tokens to `keep` in order.
    pub(crate) fn register(
        &self,
        documents: impl Iterator<Item = String>,
        mut keep: impl FnMut(&str),
    ) -> Result<(), LoadError> {
        let mut documents = documents.peekable();
        while documents.peek().is_some() {
            let registration = |document| Registration { document, channel: Channel::Web };
            let batch = RegistrationBatch { residents: documents.by_ref().take(BATCH).map(registration).collect() };
            let registered = self.runtime.block_on(self.register_batch(&batch))?;
            registered.residents.iter().for_each(|resident| keep(&resident.token));
        }
        Ok(())
    }

    async fn register_batch(&self, batch: &RegistrationBatch) -> Result<RegisteredBatch, LoadError> {
        const REQUEST: &str = "POST /v1/residents/batch";
        let mut request = self.client.post(format!("{}/v1/residents/batch", self.url)).json(batch);
        if let Some(operator) = &self.operator {
            request = request.bearer_auth(operator.as_str());
        }
        let answer = request.send().await.map_err(|cause| self.unreachable(&cause))?;
        let unexpected = |what| LoadError::Unexpected { url: self.url.clone(), request: REQUEST, what };
        let status = answer.status();
        if matches!(status.as_u16(), 401 | 403) {
            return Err(LoadError::NoOperator { url: self.url.clone(), status: status.to_string() });
        }
        if status != reqwest::StatusCode::OK {
            return Err(unexpected(status.to_string()));
        }
        let registered: RegisteredBatch = answer.json().await.map_err(|cause| unexpected(root_cause(&cause)))?;
        if registered.residents.len() == batch.residents.len() {
            Ok(registered)
        } else {
            Err(unexpected(format!("{} tokens for {} residents", registered.residents.len(), batch.residents.len())))
        }
    }

    /// The keys that the target publishes, and what its clock shows in Unix seconds; none where it publishes none in our form.
    ///
    /// # Errors
    /// [`LoadError::Unreachable`], and [`LoadError::Unexpected`] when a published key is none.
    pub(crate) fn keys(&self) -> Result<Option<(Vec<Key>, i64)>, LoadError> {
        let Some(set) = self.read::<KeySet>("/v1/keys")? else { return Ok(None) };
        let keys = set.keys.iter().map(Key::from_wire).collect::<Result<Vec<Key>, _>>();
        let unexpected = |what| LoadError::Unexpected { url: self.url.clone(), request: "GET /v1/keys", what };
        let keys = keys.map_err(|error| unexpected(error.to_string()))?;
        Ok(self.read::<ServiceTime>("/v1/time")?.map(|time| (keys, time.now_s)))
    }

    /// What `path` holds, if it is that.
    fn read<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, LoadError> {
        let ask = async {
            let answer = self.client.get(format!("{}{path}", self.url)).send().await?;
            let bytes = if answer.status().is_success() { Some(answer.bytes().await?) } else { None };
            Ok::<_, reqwest::Error>(bytes)
        };
        let bytes = self.runtime.block_on(ask).map_err(|cause| self.unreachable(&cause))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// How long the target takes to say that it is there, at the slower of its addresses where it has two. Any HTTP answer counts.
    pub(crate) fn answer_time(&self) -> Result<Duration, LoadError> {
        let mut times = self.urls.iter().map(|url| self.answer_time_at(url));
        times.try_fold(Duration::ZERO, |longest, time| Ok(longest.max(time?)))
    }

    fn answer_time_at(&self, url: &str) -> Result<Duration, LoadError> {
        let start = Instant::now();
        // Asked within the runtime: reqwest starts its timer when the request is made, not when it is awaited.
        let ask = async { self.client.get(format!("{url}/health")).send().await?.bytes().await };
        self.runtime.block_on(ask).map_err(|cause| unreachable(url, &cause))?;
        Ok(start.elapsed())
    }

    /// CPU time of the target's process so far, in seconds, if its `/metrics` tell it in the form of Prometheus.
    pub(crate) fn target_cpu_s(&self) -> Option<f64> {
        const NAME: &str = "process_cpu_seconds_total ";
        let ask = async {
            let request = self.client.get(format!("{}/metrics", self.url)).timeout(METRICS_TIMEOUT);
            request.send().await?.error_for_status()?.text().await
        };
        let metrics = self.runtime.block_on(ask).ok()?;
        metrics.lines().find_map(|line| line.strip_prefix(NAME))?.trim().parse().ok()
    }

    fn unreachable(&self, cause: &reqwest::Error) -> LoadError {
        unreachable(&self.url, cause)
    }
}

fn unreachable(url: &str, cause: &reqwest::Error) -> LoadError {
    LoadError::Unreachable { url: url.to_owned(), cause: root_cause(cause) }
}

/// The beginnings of a client that leads nowhere else: no proxy, no redirect, and the addresses that were allowed.
pub(crate) fn builder_of(target: &Target) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    target.addresses().fold(builder, |builder, address| builder.resolve(address.host(), address.socket()))
}

/// A client of `target`.
pub(crate) fn client_of(target: &Target) -> Result<reqwest::Client, LoadError> {
    let client = builder_of(target).tls_backend_preconfigured(target.tls_config()?).timeout(TIMEOUT).build();
    client.map_err(|cause| std::io::Error::other(root_cause(&cause)).into())
}

/// The innermost cause, which is the one that says something: "connection refused", not "error sending request".
pub(crate) fn root_cause(cause: &dyn Error) -> String {
    let mut cause = cause;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
