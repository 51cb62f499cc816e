//! Known servers are measured as they are: the cases of `lockgate selftest`.

use crate::support::{NEVER, machine};

#[test]
fn known_servers_are_measured_as_they_are() {
    let _machine = machine();
    let mut checks = Vec::new();
    let all_pass = loadgen::selftest(&NEVER, |check| checks.push(check.clone())).unwrap();
    let wrong: Vec<_> = checks.iter().filter(|check| !check.passes()).collect();
    assert!(all_pass && wrong.is_empty(), "{wrong:#?}");
    assert_eq!(checks.len(), 13, "{checks:#?}");
}
