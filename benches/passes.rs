//! Making and judging passes, each scheme.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use passes::{Grant, PassId, Purpose, SchemeKind, TokenKey, Window};

fn schemes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("passes");
    group.throughput(Throughput::Elements(1));
    let window = Window { from_s: 1_585_900_000, until_s: 1_585_910_800 };
    let grant = Grant { pass: PassId::new(1_585_899_000, [3; 12]), purpose: Purpose::Groceries, window };
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

criterion_group!(benches, schemes);
criterion_main!(benches);
