//! Instructions that the hot paths take, counted by Callgrind: the same on a busy machine, so that a regression shows where times cannot be
//! trusted. `.ci/instructions` compares them with `instructions.csv`.

#![expect(missing_docs, reason = "the macros make public modules")]

mod region;
mod servers;

use std::hint::black_box;
use std::path::PathBuf;

use demand::Trace;
use gungraun::{Callgrind, EntryPoint, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};
use loadgen::workbench::{Times, Workbench, histogram, merge};
use loadgen::{Arrivals, Kind, Target};
use passes::wire::IssuedPass;
use passes::{
    Algorithm, Asking, Check, DocumentDigest, Grant, KeyPlan, NameKey, PassId, Permit, Purpose, Scheme, SchemeKind,
    SchemeSettings, Window, Zone,
};
use reference_server::{Server, StoreKind};
use region::{Oblast, launch, written_run};
use report::{Format, Run, write_page};
use serde_json::json;
use servers::asker::{Asker, registered};
use sim::{Population, TraceKeeper};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// 3 April 2020.
const NOW_S: i64 = 1_585_900_000;
const RESIDENTS: u32 = 32_000;

/// Counts all threads from start to end: the simulator works on threads of its own.
fn whole() -> LibraryBenchmarkConfig {
    LibraryBenchmarkConfig::default().tool(Callgrind::default().entry_point(EntryPoint::None)).clone()
}

fn oblast(days: u16) -> Oblast {
    Oblast::new(RESIDENTS, days, launch())
}

#[library_benchmark(setup = oblast)]
#[bench::residents_32k(1)]
fn population(oblast: Oblast) -> Population {
    Population::synthesise(black_box(&oblast.settings), &oblast.places, 1).expect("a sound scenario")
}

#[library_benchmark(setup = oblast)]
#[bench::days_3(3)]
#[bench::days_13(13)]
fn days(oblast: Oblast) -> u64 {
    oblast.simulate(1, &mut ()).trips
}

fn to_be_written(format: Format) -> (Oblast, Format) {
    (oblast(3), format)
}

#[library_benchmark(setup = to_be_written)]
#[bench::parquet(Format::Parquet)]
#[bench::csv(Format::Csv)]
fn trips_written((oblast, format): (Oblast, Format)) -> u64 {
    let folder = tempfile::tempdir().expect("a folder to write to");
    oblast.write_trips(format, &folder.path().join("run"))
}

#[library_benchmark(setup = written_run)]
#[bench::simulation(RESIDENTS)]
fn page((folder, run): (TempDir, Run)) -> PathBuf {
    let out = folder.path().join("page");
    write_page(black_box(&[run]), &out).expect("room for the page");
    out
}

/// The requests of some days as they come from places: one place after the other, each in its own order.
fn requests(days: u16) -> Vec<demand::Request> {
    let mut keeper = TraceKeeper::default();
    oblast(days).simulate(1, &mut keeper);
    let mut requests = keeper.into_trace().requests().to_vec();
    requests.sort_by_key(|request| request.place);
    requests
}

#[library_benchmark(setup = requests)]
#[bench::places_3_days(3)]
fn trace_merged(requests: Vec<demand::Request>) -> Trace {
    Trace::new(requests)
}

#[library_benchmark]
#[bench::constant(Arrivals::Constant { rate_per_s: 20_000.0 })]
#[bench::poisson(Arrivals::Poisson { rate_per_s: 20_000.0 })]
fn schedule(arrivals: Arrivals) -> Option<u64> {
    let mut process = arrivals.build(1);
    (0..10_000).filter_map(|_| process.next_ns()).last()
}

fn workbench() -> Workbench {
    // Nothing is sent there.
    Workbench::new(&Target::parse("http://127.0.0.1:1", &[]).expect("a loopback address is a target"))
}

// A thousand requests built, answered and recorded, one after the other.
#[library_benchmark(setup = workbench)]
fn requests_1000(mut bench: Workbench) -> usize {
    (0..1_000)
        .map(|_| {
            let length = bench.build_request(black_box(Kind::Issue));
            bench.record();
            length + usize::from(bench.read_answer())
        })
        .sum()
}

fn histograms() -> [Times; 2] {
    [histogram(100_000), histogram(100_000)]
}

#[library_benchmark(setup = histograms)]
fn histograms_merged([mut mine, theirs]: [Times; 2]) -> u64 {
    merge(&mut mine, &theirs)
}

/// A scheme, the phone's half of a request for a pass, and what the server then shows.
fn asked(kind: SchemeKind) -> (Scheme, Asking, Permit) {
    let keys = KeyPlan { algorithm: Algorithm::Ed25519, period_s: 604_800, advance_s: 0, longest_pass_s: 10_800 };
    let scheme = kind.build(&[7; 32], NameKey::new([7; 32]), &SchemeSettings { keys, utc_offset_s: 0 });
    scheme.issuer.prepare(NOW_S);
    let window = Window { from_s: NOW_S, until_s: NOW_S + 10_800 };
    let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Groceries, window };
    let asking = kind.ask(&scheme.issuer.keys(NOW_S), grant.purpose, NOW_S, [9; 32]).expect("a key for today");
    (scheme, asking, Permit { grant, zone: Zone::Anywhere, document: DocumentDigest::of("22 04 123456") })
}

// A pass made, put into a code by the phone, and verified.
#[library_benchmark(setup = asked)]
#[bench::lookup(SchemeKind::Lookup)]
#[bench::signed(SchemeKind::Signed)]
#[bench::blind(SchemeKind::Blind)]
fn pass((scheme, asking, permit): (Scheme, Asking, Permit)) -> Check {
    let Permit { grant, .. } = permit;
    let blinded = asking.blinded();
    let blinded = scheme.issuer.accept(blinded.as_deref(), grant.purpose, grant.window).expect("well formed");
    let showing = scheme.issuer.show(black_box(&permit), blinded.as_ref()).expect("issued");
    let code = asking.code(&IssuedPass::new(&grant, showing)).expect("genuine");
    scheme.verifier.check(&code, NOW_S)
}

/// A server that keeps its rows in memory, on this thread alone, and what it is asked.
fn server(path: &str) -> (Runtime, Asker) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let router = Server::open(servers::config(StoreKind::Memory)).expect("the store opens").in_process();
    let asking = runtime.block_on(async {
        let tokens = registered(&router, 1_000).await;
        let mut issue = Asker::new(&router, &tokens, "/v1/passes", &json!({ "purpose": "pet" }));
        let code = issue.once().await["code"].clone();
        if path == "/v1/passes" {
            return issue;
        }
        let mut verify = Asker::new(&router, &[], "/v1/verifications", &json!({ "code": code }));
        verify.once().await;
        verify
    });
    (runtime, asking)
}

// A hundred requests through all that stands before a handler, one after the other; making them and reading the answers included. Valgrind
// knows no instructions for SHA-256, so each digest counts for some 3,500.
#[library_benchmark(setup = server)]
#[bench::issue("/v1/passes")]
#[bench::verify("/v1/verifications")]
fn handler_100((runtime, mut asking): (Runtime, Asker)) -> (Runtime, Asker) {
    runtime.block_on(ask_100(&mut asking));
    (runtime, asking)
}

// Apart from the benchmark: a function whose name begins with that of a benchmark's would end the counting.
async fn ask_100(asking: &mut Asker) {
    for _ in 0..100 {
        assert!(asking.ask().await.0.is_success());
    }
}

library_benchmark_group!(name = simulator, config = whole(), benchmarks = [population, days, trips_written]);
library_benchmark_group!(name = pages, benchmarks = [page]);
library_benchmark_group!(name = engine, benchmarks = [trace_merged, schedule, requests_1000, histograms_merged]);
library_benchmark_group!(name = schemes, benchmarks = [pass]);
library_benchmark_group!(name = handlers, benchmarks = [handler_100]);
main!(library_benchmark_groups = [simulator, engine, schemes, pages, handlers]);
