//! Making and judging passes, each scheme; asking the rules.

mod common;

use std::hint::black_box;

use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use passes::wire::IssuedPass;
use passes::{
    AgeBand, Algorithm, DocumentDigest, Grant, Group, KeyPlan, NameKey, Occupation, Outing, PassId, Permit, Policy,
    Purpose, SchemeKind, SchemeSettings, TokenKey, Window, Zone,
};

/// 3 April 2020.
const NOW_S: i64 = 1_585_900_000;

/// What each half of each scheme costs: the server that issues, the checkpoint that verifies, under `blind` the phone, too.
fn schemes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("passes");
    group.throughput(Throughput::Elements(1));
    let ways = SchemeKind::ALL.map(|kind| (kind, Algorithm::Ed25519)).into_iter();
    for (kind, algorithm) in ways.chain([(SchemeKind::Signed, Algorithm::Es256)]) {
        let name = format!("{}/{}", kind.name(), if kind == SchemeKind::Signed { algorithm.name() } else { "all" });
        let keys = KeyPlan { algorithm, period_s: 604_800, advance_s: 0, longest_pass_s: 10_800 };
        let scheme = kind.build(&[7; 32], NameKey::new([7; 32]), &SchemeSettings { keys, utc_offset_s: 0 });
        scheme.issuer.prepare(NOW_S);
        let keys = scheme.issuer.keys(NOW_S);
        let window = Window { from_s: NOW_S, until_s: NOW_S + 10_800 };
        let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Groceries, window };
        let permit = Permit { grant, zone: Zone::Anywhere, document: DocumentDigest::of("22 04 123456") };
        let ask = || kind.ask(&keys, grant.purpose, NOW_S, [9; 32]).expect("a key for today");
        let asking = ask();
        let blinded = scheme.issuer.accept(asking.blinded().as_deref(), grant.purpose, window).expect("well formed");
        let issue = || scheme.issuer.show(&permit, blinded.as_ref()).expect("issued");
        let answer = IssuedPass::new(&grant, issue());
        let code = asking.code(&answer).expect("genuine");
        group.bench_function(format!("issue/{name}"), |bench| bench.iter(issue));
        group.bench_function(format!("verify/{name}"), |bench| bench.iter(|| scheme.verifier.check(&code, NOW_S)));
        if kind == SchemeKind::Blind {
            group.bench_function("blind/phone", |bench| bench.iter(ask));
            group.bench_function("unblind/phone", |bench| bench.iter(|| asking.code(&answer)));
        }
    }
    let key = TokenKey::new([7; 32]);
    let token = key.token(key.resident("bench"));
    group.bench_function("open_token", |bench| bench.iter(|| key.open(token.as_str())));
    group.finish();
}

/// The questions that a simulator asks for every trip, under a policy that uses every key.
fn rules(criterion: &mut Criterion) {
    let policy: Policy = toml::from_str(POLICY).expect("a well-formed constant");
    let rules = policy.rules(10_800);
    let at_s = 1_588_500_000;
    let group = Group { age: AgeBand::From40, occupation: Occupation::OnSite };
    let outing = Outing { purpose: Purpose::Groceries, at_s, distance_m: 500, group };
    let mut group = criterion.benchmark_group("rules");
    group.throughput(Throughput::Elements(1));
    group.bench_function("permits", |bench| bench.iter(|| rules.permits(black_box(&outing))));
    group.bench_function("verdict_all_day", |bench| {
        bench.iter(|| rules.verdict_all_day(black_box(Purpose::Work), at_s, at_s + 86_400));
    });
    group.bench_function("window", |bench| {
        bench.iter(|| rules.window(black_box(Purpose::Groceries), at_s, None, None));
    });
    group.bench_function("quota_windows", |bench| {
        let windows = || rules.quota_windows(black_box(Purpose::Groceries), at_s);
        bench.iter(|| windows().map(|quota| quota.starts.from_s).sum::<i64>());
    });
    group.finish();
}

const POLICY: &str = r#"
from = "2020-04-02T12:00"
until = "2020-06-12T00:00"
quotas = [{ minutes = 240, per = "week" }, { purposes = ["groceries"], passes = 8, per = "month" }]
exempt = [{ age = ["0_6", "7_17"] }, { occupation = ["on_site"], purposes = ["work"] }]
[purposes]
groceries = { validity_min = 180, radius_m = 3000, near_home_m = 100, hours = ["07:00-22:00"] }
work = { valid_until = "2020-05-31T23:59" }
[[phases]]
from = "2020-04-28T00:00"
curfews = [{ from = "23:00", until = "05:00", purposes = ["work"] }]
"#;

criterion_group! {
    name = acts;
    config = common::quick("passes/");
    targets = schemes
}
criterion_group! {
    name = questions;
    config = common::quick("rules/");
    targets = rules
}
criterion_main!(acts, questions);
