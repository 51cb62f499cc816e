//! `lockgate serve --store postgres`, on a real database.

use crate::cluster::Cluster;
use crate::program::{Bench, Server};

#[test]
fn tables_are_made_when_they_are_asked_for_and_not_before() {
    let Some(cluster) = Cluster::shared() else { return };
    let bench = Bench::new();
    let url = cluster.database();
    let store = ["--store", "postgres", "--database-url", &url];
    let serve = ["serve", "--listen", "127.0.0.1:0", "--scenario", "scenario.toml"];
    let said = bench.fail(3, &[&serve[..], &store].concat());
    assert!(said.contains("tables of version 0") && said.contains("run `lockgate serve --migrate`"), "{said}");
    Server::start(&bench, &[&store[..], &["--migrate"]].concat()).kill();
    // They are there, and to ask again does no harm.
    Server::start(&bench, &store).kill();
    Server::start(&bench, &[&store[..], &["--migrate"]].concat()).kill();
}
