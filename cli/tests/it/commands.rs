//! Each command on a small region.

use crate::program::{Bench, Server, files_below, text_of, wait_until};

#[test]
fn every_command_explains_itself() {
    let bench = Bench::new();
    let overview = bench.succeed(&["--help"]);
    for command in ["demo", "simulate", "serve", "load", "capacity", "selftest", "report", "compare", "check"] {
        assert!(overview.contains(command), "{overview}");
        assert!(bench.succeed(&[command, "--help"]).contains("Usage"));
    }
}

#[test]
fn check_explains_a_scenario() {
    let said = Bench::new().succeed(&["check", "scenario.toml"]);
    assert!(said.contains("A small region") && said.contains("20,000"), "{said}");
}

#[test]
fn every_shipped_scenario_reads_and_simulates() {
    let bench = Bench::new();
    for scenario in crate::tidy::scenarios() {
        let path = scenario.to_str().unwrap();
        bench.succeed(&["check", path]);
        let name = scenario.file_stem().unwrap().to_str().unwrap();
        bench.succeed(&["simulate", path, "--residents", "30000", "--format", "none", "--out", name]);
        assert_eq!(bench.record(name)["residents"], 30_000);
    }
}

#[test]
fn the_same_seed_gives_the_same_tables_on_any_number_of_threads() {
    let bench = Bench::new();
    for (out, threads, format) in [("a", "1", "csv"), ("b", "2", "csv"), ("c", "2", "parquet"), ("d", "1", "parquet")] {
        bench.succeed(&["simulate", "scenario.toml", "--threads", threads, "--format", format, "--out", out]);
    }
    for (one, other) in [("a", "b"), ("c", "d")] {
        let tables = |run: &str| files_below(&bench.path(run).join("tables"));
        assert!(tables(one).len() >= 6, "{one} has too few tables");
        for ((name, bytes), (other_name, other_bytes)) in tables(one).iter().zip(tables(other)) {
            assert_eq!(name, &other_name);
            assert!(bytes == &other_bytes, "{} differs between {one} and {other}", name.display());
        }
    }
    assert_eq!(bench.record("a")["fingerprint"], bench.record("d")["fingerprint"]);
    bench.succeed(&["simulate", "scenario.toml", "--seed", "8", "--format", "none", "--out", "e"]);
    assert_ne!(bench.record("a")["fingerprint"], bench.record("e")["fingerprint"]);
}

#[test]
fn demand_is_played_measured_and_told() {
    let bench = Bench::new();
    bench.succeed(&["simulate", "scenario.toml", "--out", "simulated"]);
    // Whether the machine is quick is not the question here: server and objectives have patience.
    let server = Server::start(&bench, &["--data", "data", "--wait", "30s"]);
    bench.write("patient.toml", "[slo]\nresponse_time_ms = 30_000\n");
    let target = ["--target", server.url.as_str(), "--slo", "patient.toml"];

    // The scenario's own demand, the same from the trace that simulate wrote, and a fixed rate.
    bench.succeed(&[&["load", "scenario.toml", "--out", "played"], &target[..]].concat());
    let trace = ["load", "--trace", "simulated/tables/requests.csv", "--duration", "3s", "--out", "traced"];
    bench.succeed(&[&trace[..], &target[..]].concat());
    let rate = ["load", "--rate", "200", "--kind", "verify", "--duration", "2s", "--out", "rated"];
    bench.succeed(&[&rate[..], &target[..]].concat());
    let patients = ["load", "--rate", "200", "--kind", "check-in", "--duration", "1s", "--out", "patients"];
    bench.succeed(&[&patients[..], &target[..]].concat());
    let get = ["load", "--get", "/health", "--rate", "200", "--duration", "1s", "--out", "got"];
    bench.succeed(&[&get[..], &target[..]].concat());
    let closed = ["load", "--get", "/health", "--closed", "4", "--duration", "1s", "--out", "closed"];
    bench.succeed(&[&closed[..], &target[..2]].concat());

    let kinds = ["issue", "issue", "verify", "check_in", "get"];
    for (run, kind) in ["played", "traced", "rated", "patients", "got"].into_iter().zip(kinds) {
        let record = bench.record(run);
        let counts = &record["kinds"][kind];
        assert_eq!(record["status"], "complete", "{run}: {record}");
        assert_eq!(record["verdict"], "held", "{run}: {record}");
        assert!(counts["asked"].as_u64() > Some(0), "{run}: {record}");
        assert_eq!(counts["asked"], counts["right"], "{run}: {record}");
        assert!(counts["response_time_us"]["p99"].as_f64() > Some(0.0), "{run}: {record}");
    }
    assert_eq!(bench.record("closed")["verdict"], serde_json::Value::Null, "a closed loop is no verdict");
    for hlog in ["response_time", "service_time", "send_lag"] {
        assert!(bench.read(&format!("played/hlog/{hlog}.hlog")).contains("Tag=issue"));
    }

    bench.succeed(&["report", "simulated", "played", "--out", "page"]);
    // The same page again replaces the first.
    bench.succeed(&["report", "simulated", "played", "--out", "page"]);
    let page = bench.read("page/index.html");
    assert!(page.contains("<svg") && page.contains("A small region"), "the page lacks its plots or its title");
    assert!(!page.contains("<script") && !page.contains("src=\"http"), "the page must stand by itself");
}

#[test]
fn capacity_is_found_with_a_server_of_its_own() {
    let bench = Bench::new();
    // The server of its own hears what was set, too.
    let found = bench.run(&["capacity", "scenario.toml", "--set", "server.scheme=signed", "--out", "capacity"]);
    // How much it is depends on the machine, and so does whether it is enough.
    assert!(matches!(found.status.code(), Some(0 | 1)), "{}", text_of(&found.stderr));
    // Without a terminal a line tells of each path when its search begins, and what came of it.
    let said = text_of(&found.stderr);
    for path in ["issue", "verify", "mix"] {
        let of_path: Vec<&str> = said.lines().filter(|line| line.contains(&format!("capacity of {path}:"))).collect();
        assert!(
            of_path.first().is_some_and(|line| *line == format!("signed: capacity of {path}: preparing")),
            "{said}"
        );
        assert!(of_path.last().is_some_and(|line| line.contains(" steps in ")), "{said}");
    }
    let record = bench.record("capacity");
    assert_eq!(record["overrides"], serde_json::json!(["server.scheme=\"signed\""]));
    for path in ["issue", "verify", "mix"] {
        let found = &record["paths"][path];
        assert!(found["saturation_per_s"].as_f64() > Some(100.0), "{path}: {record}");
    }
    let sweep = bench.read("capacity/tables/capacity_concurrency.csv");
    assert!(sweep.starts_with("path,connections,throughput_per_s") && sweep.lines().count() >= 4, "{sweep}");
    let steps = bench.read("capacity/tables/capacity_steps.csv");
    assert!(steps.lines().count() >= 7 && steps.starts_with("path,step,phase,offered_per_s"), "{steps}");
}

#[test]
fn a_killed_server_keeps_its_residents_and_keys() {
    let bench = Bench::new();
    bench.write("patient.toml", "[slo]\nresponse_time_ms = 30_000\n");
    let settings = ["--data", "data", "--scheme", "signed", "--wait", "30s"];
    let load = ["load", "--rate", "100", "--duration", "1s", "--slo", "patient.toml", "--out"];
    let server = Server::start(&bench, &settings);
    bench.succeed(&[&load[..], &["before", "--target", &server.url]].concat());
    server.kill();
    let server = Server::start(&bench, &settings);
    bench.succeed(&[&load[..], &["after", "--target", &server.url]].concat());
}

#[test]
fn ctrl_c_leaves_a_marked_partial_result() {
    let bench = Bench::new();
    let server = Server::start(&bench, &["--data", "data"]);
    let arguments =
        ["load", "--get", "/health", "--rate", "100", "--duration", "60s", "--out", "run", "--target", &server.url];
    let mut process = bench.command(&arguments).spawn().unwrap();
    // The folder is made before the first request; then the interrupt comes in the middle.
    wait_until(|| bench.path("run.partial").exists());
    let id = process.id().to_string();
    let killed = std::process::Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(process.wait().unwrap().code(), Some(3));
    let record = bench.record("run");
    assert_eq!(record["status"], "partial", "{record}");
    assert_eq!(record["verdict"], serde_json::Value::Null, "what was stopped is not judged: {record}");
}
