//! `lockgate serve` as it is operated: its settings, its log, its rehearsals.

use crate::program::{Bench, Server, text_of};

#[test]
fn settings_come_from_flags_environment_and_file() {
    let bench = Bench::new();
    bench.write("settings.toml", "listen = \"127.0.0.1:1\"\nin_flight = 5\nwait = \"50ms\"\nstore = \"memory\"\n");
    let mut command = bench.command(&["serve", "--settings", "settings.toml", "--print-settings", "--wait", "70ms"]);
    let output = command
        .env("LOCKGATE_WAIT", "60ms")
        .env("LOCKGATE_IN_FLIGHT", "6")
        .env("LOCKGATE_LISTEN_OFFICERS", "127.0.0.1:2")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text_of(&output.stderr));
    let shown = text_of(&output.stdout);
    for line in [
        "listen = \"127.0.0.1:1\"  # file",
        "in_flight = \"6\"  # environment",
        "listen_officers = \"127.0.0.1:2\"  # environment",
        "wait = \"70ms\"  # flag",
        "store = \"memory\"  # file",
        "connections = \"10000\"  # default",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line} in\n{shown}");
    }
    // What is printed is itself a file of settings.
    bench.write("again.toml", &shown);
    let again = bench.succeed(&["serve", "--settings", "again.toml", "--print-settings"]);
    let values =
        |shown: &str| shown.lines().map(|line| line.split("  #").next().map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(values(&again), values(&shown));
}

#[test]
fn all_wrong_settings_are_told_at_once() {
    let bench = Bench::new();
    bench.write("settings.toml", "listn = \"127.0.0.1:1\"\nwait = \"soon\"\n");
    let mut command = bench.command(&["serve", "--settings", "settings.toml", "--log-level", "loud"]);
    let output = command.env("LOCKGATE_CONNECTIONS", "none").output().unwrap();
    let said = text_of(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in
        ["settings.toml: listn", "settings.toml: wait: 'soon'", "--log-level: 'loud'", "LOCKGATE_CONNECTIONS: 'none'"]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    let said = bench.fail(2, &["serve", "--tls-cert", "server.pem"]);
    assert!(said.contains("--tls-key"), "{said}");
    let said = bench.fail(2, &["serve", "--store", "memory", "--tls-cert", "server.pem", "--tls-key", "server.key"]);
    assert!(said.contains("server.pem"), "{said}");
}

#[test]
fn faults_are_for_rehearsals() {
    let bench = Bench::new();
    let said = bench.fail(2, &["serve", "--store", "memory", "--inject", "errors=1"]);
    assert!(said.contains("--rehearsal"), "{said}");
    let said = bench.fail(2, &["serve", "--rehearsal", "--inject", "rain=1", "--inject", "errors=2"]);
    assert!(said.contains("'rain=1'") && said.contains("'errors=2'"), "{said}");

    let rehearsal = ["--store", "memory", "--rehearsal", "--inject", "outage=10m@0s"];
    let server = Server::start(&bench, &rehearsal);
    // The plain route is spared; passes are not: a run against it finds nothing right.
    let load = |path: &str| {
        ["load", "--get", path, "--rate", "50", "--duration", "1s", "--out", "run", "--target"].map(str::to_owned)
    };
    let with = |path| [&load(path)[..], std::slice::from_ref(&server.url)].concat();
    let health = with("/health");
    bench.succeed(&health.iter().map(String::as_str).collect::<Vec<_>>());
    let keys = with("/v1/keys");
    bench.fail(1, &keys.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn an_audit_log_is_whole_or_it_is_not() {
    let bench = Bench::new();
    // printf '%064d\n1\n1585908000\nchief\nproposed\npasses 0' 0 | sha256sum
    let hash = "2b7bbf46fe0bd5f763f1866e8e73b83d7a650f74185caaa7468795323ad7a6f2";
    let page = |detail: &str, entries: u64| {
        format!(
            r#"{{"entries":[{{"number":1,"at_s":1585908000,"by":"chief","act":"proposed","detail":"{detail}","hash":"{hash}"}}],
            "head":{{"entries":{entries},"hash":"{hash}"}}}}"#
        )
    };
    bench.write("whole.json", &page("passes 0", 1));
    bench.write("altered.json", &page("passes 1", 1));
    bench.write("short.json", &page("passes 0", 2));
    let noted = format!("1:{hash}");
    let said = bench.succeed(&["audit", "whole.json", "--head", &noted]);
    assert!(said.contains("is whole: 1 entries") && said.contains("is in it"), "{said}");
    for (file, sentence) in [("altered.json", "entry 1 does not follow"), ("short.json", "ends before entry 2")] {
        let output = bench.command(&["audit", file]).output().unwrap();
        let said = text_of(&output.stdout);
        assert!(output.status.code() == Some(1) && said.contains(sentence), "{said}");
    }
    bench.write("none.json", "{}");
    for (given, told) in [
        (vec!["audit"], "--data"),
        (vec!["audit", "none.json"], "none.json"),
        (vec!["audit", "--data", "nowhere"], "passes.db"),
    ] {
        let said = bench.fail(2, &given);
        assert!(said.contains(told), "{said}");
    }
    // A server that is open to all has no administrators, and its log is empty.
    let server = Server::start(&bench, &["--data", "data"]);
    drop(server);
    let said = bench.succeed(&["audit", "--data", "data"]);
    assert!(said.contains("is whole: 0 entries"), "{said}");
}

#[test]
fn only_a_postgresql_database_is_compacted() {
    let bench = Bench::new();
    let said = bench.fail(2, &["compact"]);
    assert!(said.contains("--database-url") && said.contains("embedded"), "{said}");
    let nowhere = format!("postgres:///passes?host={}", bench.path(".").display());
    let said = bench.fail(3, &["compact", "--database-url", &nowhere]);
    assert!(said.contains("no database can be reached"), "{said}");
}
