//! Making and judging passes, each scheme; asking the rules.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passes::{AgeBand, Grant, Group, Occupation, Outing, PassId, Policy, Purpose, SchemeKind, TokenKey, Window};

fn schemes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("passes");
    group.throughput(Throughput::Elements(1));
    let window = Window { from_s: 1_585_900_000, until_s: 1_585_910_800 };
    let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Groceries, window };
    for kind in SchemeKind::ALL {
        let scheme = kind.build(&[7; 32]);
        let code = scheme.issuer.code(&grant);
        group.bench_function(format!("issue/{}", kind.name()), |bench| bench.iter(|| scheme.issuer.code(&grant)));
        group.bench_function(format!("verify/{}", kind.name()), |bench| {
            bench.iter(|| scheme.verifier.check(&code, window.from_s));
        });
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

criterion_group!(benches, schemes, rules);
criterion_main!(benches);
