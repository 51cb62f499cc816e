//! Bad input gets one clear message, the right exit code, and leaves nothing that looks whole.

use crate::program::{Bench, PLACES, SMALL, Server};

#[test]
fn every_bad_key_of_a_scenario_is_told_at_once() {
    let broken = SMALL
        .replace("until = \"2020-06-12T00:00\"", "until = \"2020-03-12T00:00\"")
        .replace("pet = { validity_min = 60 }", "pet = { validity_mn = 60 }")
        .replace("rubbish = { validity_min = 30 }", "rubbish = { validity_min = -30 }")
        + "\n[load]\nforged_share = 1.4\n[polcy]\n";
    let bench = Bench::with(&broken);
    bench.write("places.csv", &PLACES.replace("5000", "many"));
    for command in ["check", "simulate", "capacity"] {
        let said = bench.fail(2, &[command, "scenario.toml"]);
        for (line_of, key) in [
            ("pet = ", "policy.purposes.pet.validity_mn"),
            ("rubbish = ", "policy.purposes.rubbish.validity_min"),
            ("forged_share = ", "load.forged_share"),
            ("[polcy]", "polcy"),
        ] {
            let line = 1 + broken.lines().position(|line| line.starts_with(line_of)).unwrap();
            assert!(said.contains(&format!("scenario.toml:{line}: {key}")), "{command}, {key}: {said}");
        }
        // Faults of sense and of the places file are told beside those of form.
        assert!(said.contains("policy.until: the policy ends"), "{command}: {said}");
        assert!(said.contains("places.csv:3: population"), "{command}: {said}");
        assert!(!bench.path("lockgate-runs").exists(), "{command} left something");
    }
}

#[test]
fn a_policy_that_ends_before_it_starts_is_refused() {
    let broken = SMALL.replace("until = \"2020-06-12T00:00\"", "until = \"2020-03-12T00:00\"");
    let said = Bench::with(&broken).fail(2, &["check", "scenario.toml"]);
    assert!(said.contains("policy.until: the policy ends"), "{said}");
}

#[test]
fn a_broken_row_of_places_is_named() {
    let bench = Bench::new();
    bench.write("places.csv", &PLACES.replace("56.4,44.2,5000", "156.4,44.2,many"));
    let said = bench.fail(2, &["simulate", "scenario.toml"]);
    assert!(said.contains("places.csv:3: population") && said.contains("places.csv:3: latitude_deg"), "{said}");
    bench.write("places.csv", &PLACES.replace("5000", "500000"));
    let said = bench.fail(2, &["simulate", "scenario.toml"]);
    assert!(said.contains("20000") || said.contains("20,000"), "more people than the region has: {said}");
}

#[test]
fn a_missing_file_is_named() {
    let bench = Bench::new();
    assert!(bench.fail(2, &["check", "nowhere.toml"]).contains("nowhere.toml"));
    assert!(bench.fail(2, &["report", "nowhere"]).contains("nowhere"));
    let said = bench.fail(2, &["load", "--target", "http://127.0.0.1:9", "--trace", "nowhere.csv"]);
    assert!(said.contains("nowhere.csv"), "{said}");
}

#[test]
fn a_trace_with_times_out_of_order_is_refused() {
    let bench = Bench::new();
    bench.write("trace.csv", "at_ms,kind\n5,register\n3,register\n");
    let said = bench.fail(2, &["load", "--target", "http://127.0.0.1:9", "--trace", "trace.csv"]);
    assert!(said.contains("trace.csv:3: at_ms"), "{said}");
}

#[test]
fn a_target_that_is_not_there_cannot_be_loaded() {
    let bench = Bench::new();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let said = bench.fail(3, &["load", "--target", &url, "--rate", "10", "--duration", "1s", "--out", "run"]);
    assert!(said.contains(&url) || said.contains(&port.to_string()), "{said}");
    assert!(!bench.path("run").exists());
}

#[test]
fn somebody_else_s_host_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    // 192.0.2.0/24 is kept for documentation (RFC 5737).
    let said = bench.fail(2, &["load", "--target", "http://192.0.2.1:80", "--rate", "1", "--duration", "1s"]);
    assert!(said.contains("--i-operate-this-target 192.0.2.1"), "{said}");
}

#[test]
fn a_busy_port_is_told() {
    let bench = Bench::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = bench.fail(3, &["serve", "--listen", &address, "--scenario", "scenario.toml", "--store", "memory"]);
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
}

#[test]
fn two_servers_do_not_share_a_data_folder() {
    let bench = Bench::new();
    let _first = Server::start(&bench, &["--data", "data"]);
    let said = bench.fail(3, &["serve", "--listen", "127.0.0.1:0", "--scenario", "scenario.toml", "--data", "data"]);
    assert!(said.contains("another server uses"), "{said}");
}

#[test]
fn an_output_folder_that_cannot_be_written_is_told() {
    let bench = Bench::new();
    bench.write("file", "");
    // Below a file nobody can make a folder, not even the superuser.
    let said = bench.fail(3, &["simulate", "scenario.toml", "--out", "file/run"]);
    assert!(said.contains("file"), "{said}");
    std::fs::create_dir(bench.path("mine")).unwrap();
    bench.write("mine/letter.txt", "keep me");
    let said = bench.fail(2, &["simulate", "scenario.toml", "--out", "mine"]);
    assert!(said.contains("mine"), "{said}");
    assert_eq!(bench.read("mine/letter.txt"), "keep me");
}

#[test]
fn a_misspelt_option_is_bad_input() {
    let bench = Bench::new();
    assert!(bench.fail(2, &["simulate", "scenario.toml", "--sed", "3"]).contains("--seed"));
    assert!(bench.fail(2, &["load", "--target", "http://127.0.0.1:9", "--rate", "-3"]).contains("rate"));
}
