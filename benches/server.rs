//! The server's handlers in process, without sockets: what admission, JSON, rules, scheme and store cost, against a bare axum handler
//! that parses and answers the same JSON.

mod common;
mod servers;

use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use reference_server::{Server, StoreKind};
use serde_json::json;
use tokio::runtime::Runtime;

use servers::asker::{Asker, registered};
use servers::{bare, config};

/// As many as make it rare that one has several passes, as on a real day.
const RESIDENTS: u32 = 200_000;

fn handlers(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("threads can be started");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let stores = [("memory", StoreKind::Memory), ("embedded", StoreKind::Embedded { dir: folder.path().to_owned() })];
    let servers = stores.map(|(name, store)| (name, Server::open(config(store)).expect("the store opens")));
    let routers = servers.iter().map(|(name, server)| (*name, server.in_process()));
    let mut group = criterion.benchmark_group("server");
    group.throughput(Throughput::Elements(1));
    for (name, router) in [("bare_axum", bare(|| (), || ()))].into_iter().chain(routers) {
        let tokens = if name == "bare_axum" { Vec::new() } else { runtime.block_on(registered(&router, RESIDENTS)) };
        let ask = json!({ "purpose": "pet" });
        let mut issue = Asker::new(&router, &tokens, "/v1/passes", &ask);
        let issued = runtime.block_on(issue.once());
        let code = issued["code"].clone();
        let mut verify = Asker::new(&router, &[], "/v1/verifications", &json!({ "code": code }));
        runtime.block_on(verify.once());
        group.bench_function(format!("verify/{name}"), |bench| bench.iter(|| runtime.block_on(verify.ask())));
        group.bench_function(format!("issue/{name}"), |bench| bench.iter(|| runtime.block_on(issue.ask())));
        // Asked apart, since it costs more than all else; the store has no part in it.
        let first = tokens.get(1).filter(|_| name == "memory");
        for (token, picture) in first.into_iter().flat_map(|token| [(token, "svg"), (token, "png")]) {
            let path = format!("/v1/passes/{}/qr.{picture}", issued["pass"].as_str().expect("a pass has a name"));
            let mut draw = Asker::reading(&router, token, path);
            let (status, _) = runtime.block_on(draw.ask());
            assert!(status.is_success(), "{picture}: {status}");
            group.bench_function(format!("draw/{picture}"), |bench| bench.iter(|| runtime.block_on(draw.ask())));
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::quick("server/");
    targets = handlers
}
criterion_main!(benches);
