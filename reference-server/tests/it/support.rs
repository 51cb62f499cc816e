//! A server on a free port, and how to ask it.

use std::path::Path;
use std::time::Duration;

use passes::wire::{IssuedPass, KeySet, PROBLEM_JSON, PassRequest, Problem, Registered, Transparency, Verification};
use passes::{Key, Period, Policy, Purpose, PurposeRule, Quota, Rules, SchemeKind};
use reference_server::{Certificates, Clock, Config, Member, Role, ServerError, Staff, StoreKind};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// 2020-04-03T13:00+03:00, a Friday: the policy has been in force for a day.
pub(crate) const START_S: i64 = 1_585_908_000;

/// Groceries twice a week, pets as often as they like.
pub(crate) fn rules() -> Rules {
    let purposes = [(Purpose::Groceries, PurposeRule::lasting(180)), (Purpose::Pet, PurposeRule::lasting(60))];
    let policy = Policy {
        quotas: vec![Quota { purposes: vec![Purpose::Groceries], ..Quota::passes(2, Period::Week) }],
        ..Policy::new("2020-04-02T12:00".parse().unwrap(), "2020-06-12T00:00".parse().unwrap(), purposes.into())
    };
    policy.rules(3 * 3_600)
}

pub(crate) fn embedded(dir: &Path) -> StoreKind {
    StoreKind::Embedded { dir: dir.to_owned() }
}

/// A configuration whose clock starts at [`START_S`].
pub(crate) fn config(store: StoreKind) -> Config {
    Config { clock: Clock::StartingAt { start_s: START_S }, ..Config::new(store, rules()) }
}

/// With an officer, an operator and two administrators.
pub(crate) fn staffed(config: Config) -> Config {
    let members = ["officer", "operator", "administrator", "second administrator"].map(|name| Member {
        name: name.into(),
        role: Role::ALL.into_iter().find(|role| name.ends_with(role.name())).unwrap(),
        token_sha256: Sha256::digest(token_of(name)).iter().map(|byte| format!("{byte:02x}")).collect(),
    });
    Config { staff: Staff::new(&members).unwrap(), ..config }
}

/// The token of the member of [`staffed`] with this name.
pub(crate) fn token_of(name: &str) -> String {
    format!("token-of-{name}").replace(' ', "-")
}

/// The schemes under which the server knows the code of a pass and gives it out.
pub(crate) const KNOWN_CODES: [SchemeKind; 2] = [SchemeKind::Lookup, SchemeKind::Signed];

pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServerError>>,
}

impl Server {
    pub(crate) async fn start(config: Config) -> Self {
        Self::serve(reference_server::Server::open(config).unwrap()).await
    }

    /// A server with TLS, and what reads its certificates again.
    pub(crate) async fn start_with_certificates(config: Config) -> (Self, Certificates) {
        let server = reference_server::Server::open(config).unwrap();
        let certificates = server.certificates().unwrap();
        (Self::serve(server).await, certificates)
    }

    /// A server with an address for officers, and how to ask it there.
    pub(crate) async fn start_with_officers(config: Config) -> (Self, Asking) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = Self::serve(reference_server::Server::open(config).unwrap().with_officers(listener)).await;
        let asking = Asking { base, client: server.client.clone() };
        (server, asking)
    }

    async fn serve(server: reference_server::Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(listener, async { drop(stopped.await) }));
        Server { address, client: client(), stop, task }
    }

    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    pub(crate) fn asking(&self) -> Asking {
        Asking { base: format!("http://{}", self.address), client: self.client.clone() }
    }
}

/// A client; one test names the cryptography of its TLS for all.
pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

/// The client's side: a base address and a pool of connections.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) base: String,
    pub(crate) client: Client,
}

impl Asking {
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base))
    }

    pub(crate) fn delete(&self, path: &str) -> RequestBuilder {
        self.client.delete(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.base))
    }

    /// Registers `document` and gives the token.
    pub(crate) async fn register(&self, document: &str) -> String {
        let body = json!({"document": document, "channel": "web"});
        let answer = self.post("/v1/residents").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json::<Registered>().await.unwrap().token
    }

    /// An ask for a pass, not yet sent.
    pub(crate) fn pass(&self, token: &str, key: &str, body: &Value) -> RequestBuilder {
        self.post("/v1/passes").bearer_auth(token).header("Idempotency-Key", key).json(body)
    }

    /// A pass for a walk with the pet, from now on.
    pub(crate) async fn pet_pass(&self, token: &str, key: &str) -> IssuedPass {
        let request = PassRequest { purpose: Purpose::Pet, valid_from_s: None, duration_s: None, blinded: None };
        let answer = self.pass(token, key, &json!(request)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        answer.json().await.unwrap()
    }

    /// The published keys.
    pub(crate) async fn keys(&self) -> Vec<Key> {
        let keys: KeySet = self.get("/v1/keys").send().await.unwrap().json().await.unwrap();
        keys.keys.iter().map(|key| Key::from_wire(key).unwrap()).collect()
    }

    pub(crate) async fn verify(&self, code: &str) -> Verification {
        let answer = self.post("/v1/verifications").json(&json!({"code": code})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }
}

/// Sends `request`, sees that it is refused with this problem, and gives the headers of the answer.
pub(crate) async fn refused(request: RequestBuilder, status: u16, kind: &str) -> HeaderMap {
    let answer = request.send().await.unwrap();
    let (sent_status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let problem: Problem = answer.json().await.unwrap();
    assert_eq!(problem.kind, format!("/problems/{kind}"));
    assert_eq!((problem.status, sent_status), (status, status));
    assert_eq!(headers["content-type"], PROBLEM_JSON);
    assert!(problem.title.ends_with('.'), "a sentence: {}", problem.title);
    headers
}

/// Waits until the server has removed what was due when it started.
pub(crate) async fn removed(ask: &Asking) -> Transparency {
    for _ in 0..500 {
        let told: Transparency = ask.get("/v1/transparency").send().await.unwrap().json().await.unwrap();
        if told.retention.last_removal_s.is_some() {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nothing was removed");
}

/// Waits until the metrics have this `line`.
pub(crate) async fn until(ask: &Asking, line: &str) {
    let mut metrics = String::new();
    for _ in 0..2_000 {
        metrics = ask.get("/metrics").send().await.unwrap().text().await.unwrap();
        if metrics.lines().any(|found| found == line) {
            return;
        }
    }
    panic!("{line} never came to be; in the end\n{metrics}");
}
