//! Load on a server that knows its staff, under every scheme.

use crate::program::{Bench, Server, files_below, text_of};

const OFFICER: &str = "officer-of-a-test";
const OPERATOR: &str = "operator-of-a-test";
/// Both members, with the SHA-256 of their tokens.
const STAFF: &str = "[[staff]]
name = \"gate\"
role = \"officer\"
token_sha256 = \"7bf002daeedc9ee85f01a505921e3e57d2e9b92b46f40e12ce3c171b508f7819\"
[[staff]]
name = \"desk\"
role = \"operator\"
token_sha256 = \"f35bd3d8c66ff7d779c43aeab3869968585bee3f3ffb35f0392855427d1acc7a\"
";
const TOKENS: [&str; 4] = ["--officer-token", "officer.token", "--operator-token", "operator.token"];

/// A bench with a staff file and the tokens of both members.
fn staffed() -> Bench {
    let bench = Bench::new();
    bench.write("staff.toml", STAFF);
    bench.write("officer.token", &format!("{OFFICER}\n"));
    bench.write("operator.token", &format!("{OPERATOR}\n"));
    bench
}

#[test]
fn every_verdict_is_right_under_every_scheme() {
    let bench = staffed();
    for scheme in ["lookup", "signed", "blind"] {
        let server =
            Server::start(&bench, &["--scheme", scheme, "--staff", "staff.toml", "--data", &format!("data-{scheme}")]);
        let fixed = ["load", "scenario.toml", "--target", &server.url, "--out", scheme, "--duration", "2s"];
        let streams = ["--stream", "register=10", "--stream", "issue=30", "--stream", "verify=60"];
        let replayed = ["--set", "load.replayed_share=0.1"];
        let output = bench.run(&[&fixed[..], &streams, &replayed, &TOKENS].concat());
        let record = bench.record(scheme);
        for kind in ["register", "issue", "verify"] {
            let counts = &record["kinds"][kind];
            assert!(counts["asked"].as_u64() > Some(0), "{scheme} {kind}: {record}");
            assert_eq!(counts["right"], counts["asked"], "{scheme} {kind}: {}", text_of(&output.stdout));
        }
        assert_eq!(record["phones_cpu_s"].as_f64() > Some(0.0), scheme == "blind", "{record}");
        // Neither token is anywhere in what the run leaves behind or says.
        let said = [output.stdout, output.stderr];
        let left = files_below(&bench.path(scheme)).into_iter().map(|(_, content)| content);
        for text in said.into_iter().chain(left).map(|bytes| text_of(&bytes)) {
            assert!(!text.contains(OFFICER) && !text.contains(OPERATOR), "{text}");
        }
    }
}

#[test]
fn without_a_token_the_run_says_which_is_missing() {
    let bench = staffed();
    let server = Server::start(&bench, &["--store", "memory", "--staff", "staff.toml"]);
    let load = ["load", "--target", &server.url, "--rate", "10", "--duration", "1s", "--out", "run"];
    assert!(bench.fail(3, &load).contains("--operator-token FILE"));
    bench.write("bad.token", "two words\n");
    let said = bench.fail(2, &[&load[..], &["--officer-token", "bad.token"]].concat());
    assert!(said.contains("--officer-token bad.token: this is no bearer token"), "{said}");
}

#[test]
fn a_dry_run_shows_no_token_and_a_target_file_may_ask_for_one() {
    let bench = staffed();
    bench.write(
        "target.toml",
        "[target.issue]\npath = \"/p\"\ncode = \"/c\"\n[target.verify]\npath = \"/v\"\ninvalid = [404]\n\
         headers = { x-gate = \"{officer_token}\" }\n",
    );
    let fixed = ["load", "--target", "http://127.0.0.1:9", "--rate", "10", "--kind", "verify", "--dry-run", "1"];
    let foreign = [&fixed[..], &["--target-file", "target.toml"]].concat();
    assert!(bench.fail(2, &foreign).contains("add --officer-token FILE"));
    let shown = bench.succeed(&[&foreign[..], &TOKENS].concat());
    assert!(shown.contains("x-gate: OFFICER-TOKEN\r\n"), "{shown}");
    let shown = bench.succeed(&[&fixed[..], &TOKENS].concat());
    assert!(shown.contains("authorization: Bearer OFFICER-TOKEN\r\n"), "{shown}");
}
