//! An acknowledged pass is there whatever happens to the process.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use passes::wire::{IssuedPass, RegisteredBatch};
use reference_server::{Clock, Config};
use reqwest::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::{Asking, START_S, Server, client, config, embedded};

/// Names the folder of a server that this program, started again, is to be.
const FOLDER: &str = "LOCKGATE_TEST_SERVER_FOLDER";
const ROUNDS: usize = 3;
const PASSES_A_ROUND: usize = 2_000;
const CLIENTS: usize = 24;

/// Not a test by itself: the process that the next test starts and kills. Without its variable it has nothing to do.
#[tokio::test]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::fs::write(folder.join("address.new"), address).unwrap();
    std::fs::rename(folder.join("address.new"), folder.join("address")).unwrap();
    // Should the parent be gone, nobody kills this process: it ends by itself.
    let overdue = tokio::time::sleep(Duration::from_secs(60));
    reference_server::run(listener, config(embedded(&folder.join("data"))), overdue).await.unwrap();
}

/// The child, killed in any case when the test ends.
struct Doomed(Child);

impl Doomed {
    async fn start(folder: &Path) -> (Self, Asking) {
        let _ = std::fs::remove_file(folder.join("address"));
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::child"])
            .env(FOLDER, folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let doomed = Doomed(child);
        for _ in 0..1_000 {
            if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
                return (doomed, Asking { base: format!("http://{address}"), client: client() });
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server did not start within ten seconds");
    }

    /// SIGKILL: the process gets no chance to finish anything.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        let status = self.0.wait().unwrap();
        assert_eq!(status.code(), None, "killed by a signal, not ended by itself");
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A pass that the server acknowledged: whose it is, the key it was asked with, and whether it was given back.
struct Acknowledged {
    token: String,
    key: String,
    pass: IssuedPass,
    cancelled: bool,
}

#[derive(Default)]
struct Acknowledgements {
    list: Mutex<Vec<Acknowledged>>,
    enough: Notify,
}

/// Asks for passes, one after another, until the server is gone; gives back every fourth.
async fn keep_asking(ask: Asking, token: String, tag: String, acknowledged: Arc<Acknowledgements>) {
    for number in 0.. {
        let key = format!("{tag}-{number}");
        let Ok(answer) = ask.pass(&token, &key, &json!({"purpose": "pet"})).send().await else { return };
        assert_eq!(answer.status(), StatusCode::CREATED);
        let Ok(pass) = answer.json::<IssuedPass>().await else { return };
        let path = format!("/v1/passes/{}", pass.pass);
        let cancelled = number % 4 == 0
            && ask.delete(&path).bearer_auth(&token).send().await.is_ok_and(|answer| answer.status().is_success());
        let mut list = acknowledged.list.lock().unwrap();
        // A cancellation that was asked for and not acknowledged may or may not be kept: this pass proves nothing.
        if cancelled || number % 4 != 0 {
            list.push(Acknowledged { token: token.clone(), key, pass, cancelled });
        }
        if list.len() >= PASSES_A_ROUND {
            acknowledged.enough.notify_one();
        }
    }
}

/// Registers enough residents that none of them meets the bound on one resident's passes.
async fn register(ask: &Asking, round: usize) -> Vec<String> {
    let resident = |number| json!({"document": format!("{round}-{number}"), "channel": "web"});
    let batch = json!({"residents": (0..CLIENTS).map(resident).collect::<Vec<_>>()});
    let answer = ask.post("/v1/residents/batch").json(&batch).send().await.unwrap();
    answer.json::<RegisteredBatch>().await.unwrap().residents.into_iter().map(|resident| resident.token).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_pass_survives_kill_9_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let mut survivors = Vec::new();
    for round in 0..ROUNDS {
        let (mut server, ask) = Doomed::start(folder.path()).await;
        let acknowledged = Arc::new(Acknowledgements::default());
        let clients: Vec<_> = register(&ask, round)
            .await
            .into_iter()
            .enumerate()
            .map(|(client, token)| {
                let tag = format!("{round}-{client}");
                tokio::spawn(keep_asking(ask.clone(), token, tag, Arc::clone(&acknowledged)))
            })
            .collect();
        tokio::time::timeout(Duration::from_secs(30), acknowledged.enough.notified()).await.unwrap();
        server.kill();
        for client in clients {
            client.await.unwrap();
        }
        survivors.append(&mut acknowledged.list.lock().unwrap());
    }
    assert!(survivors.len() >= ROUNDS * PASSES_A_ROUND);

    // Ten minutes later, so that all of them have begun to hold, however slow the machine was.
    let clock = Clock::StartingAt { start_s: START_S + 600 };
    let server = Server::start(Config { clock, ..config(embedded(&folder.path().join("data"))) }).await;
    let ask = server.asking();
    for Acknowledged { token, key, pass, cancelled } in &survivors {
        let found = ask.get(&format!("/v1/passes/{}", pass.pass)).bearer_auth(token).send().await.unwrap();
        assert_eq!(found.status(), StatusCode::OK, "{} is lost", pass.pass);
        assert_eq!(found.json::<IssuedPass>().await.unwrap(), *pass);
        assert_eq!(ask.verify(&pass.code).await.valid, !cancelled);
        // The idempotency key was kept with the pass, in the same transaction.
        let again = ask.pass(token, key, &json!({"purpose": "pet"})).send().await.unwrap();
        assert_eq!(again.headers()["idempotency-replayed"], "true");
    }
    server.stop().await;
}
