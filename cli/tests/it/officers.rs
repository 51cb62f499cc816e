//! Load on a server whose officers have an address of their own.

use crate::program::{Bench, Server, text_of};

#[test]
fn both_addresses_are_loaded_recorded_and_told() {
    let bench = Bench::new();
    let mut server = Server::start(&bench, &["--store", "memory", "--listen-officers", "127.0.0.1:0"]);
    let officers = server.officers();
    let fixed = ["load", "scenario.toml", "--target", &server.url, "--duration", "2s", "--stream", "issue=30"];
    let checks = ["--stream", "verify=60", "--officers", &officers, "--out", "run"];
    let output = bench.run(&[&fixed[..], &checks].concat());
    let record = bench.record("run");
    for kind in ["issue", "verify"] {
        let counts = &record["kinds"][kind];
        assert!(counts["asked"].as_u64() > Some(0), "{kind}: {record}");
        assert_eq!(counts["right"], counts["asked"], "{kind}: {}", text_of(&output.stdout));
    }
    assert_eq!((&record["target"], &record["officers"]), (&server.url.as_str().into(), &officers.as_str().into()));
    bench.succeed(&["report", "run", "--out", "page"]);
    assert!(bench.read("page/index.html").contains(&format!("<dd>{officers}</dd>")));
    // Without checks the address is of no use, and the run says so.
    let output = bench.run(&[&fixed[..], &["--officers", &officers, "--out", "idle"]].concat());
    let said = text_of(&output.stdout);
    assert!(said.contains(&format!("Nothing was sent to {officers}")), "{said}");
}

#[test]
fn a_dry_run_names_the_host_of_each_request() {
    let bench = Bench::new();
    let fixed = ["load", "--target", "http://127.0.0.1:9", "--officers", "http://localhost:8", "--rate", "10"];
    for (kind, host) in [("issue", "127.0.0.1:9"), ("verify", "localhost:8")] {
        let shown = bench.succeed(&[&fixed[..], &["--kind", kind, "--dry-run", "1"]].concat());
        assert!(shown.contains(&format!("host: {host}\r\n")), "{shown}");
        assert!(shown.contains("Nothing was sent to http://127.0.0.1:9 (officers at http://localhost:8)."), "{shown}");
    }
}

#[test]
fn an_address_that_cannot_be_is_refused_before_anything_is_sent() {
    let bench = Bench::new();
    // 192.0.2.0/24 is kept for documentation (RFC 5737), and nothing is sent there.
    let load =
        ["load", "--target", "http://127.0.0.1:9", "--kind", "verify", "--rate", "500", "--dry-run", "--officers"];
    for (url, expected) in [
        ("127.0.0.1:8", "--officers: '127.0.0.1:8' is no target; write http://HOST:PORT"),
        ("http://127.0.0.1:8/officer", "--officers: 'http://127.0.0.1:8/officer' has a path"),
        ("http://127.0.0.1:9", "--officers: 'http://127.0.0.1:9' is the target itself"),
        ("http://192.0.2.7:8", "add --i-operate-this-target 192.0.2.7"),
    ] {
        let said = bench.fail(2, &[&load[..], &[url]].concat());
        assert!(said.contains(expected), "{url}: {said}");
    }
    // The leave is for one host, and the ceilings hold when either address is elsewhere.
    let foreign = [&load[..], &["http://192.0.2.7:8", "--i-operate-this-target"]].concat();
    assert!(bench.fail(2, &[&foreign[..], &["192.0.2.8"]].concat()).contains("--i-operate-this-target 192.0.2.7"));
    let said = bench.fail(2, &[&foreign[..], &["192.0.2.7"]].concat());
    assert!(said.contains("of 192.0.2.7") && said.contains("--rate-ceiling 500"), "{said}");
    bench.succeed(&[&foreign[..], &["192.0.2.7", "--rate-ceiling", "500"]].concat());
    let said = bench.fail(2, &["capacity", "scenario.toml", "--officers", "http://127.0.0.1:8"]);
    assert!(said.contains("--target"), "{said}");
}
