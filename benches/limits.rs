//! What this machine can do at best, in the same run: the limits that `summary` sets beside the figures.

mod common;

use std::fs::File;
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::{TcpListener, TcpStream};

use common::Criterion;
use criterion::{Throughput, criterion_group, criterion_main};
use ed25519_dalek::{Signer, SigningKey, Verifier};

/// Larger than any cache.
const STREAM_BYTES: usize = 256 << 20;
/// A commit of one pass writes about so much.
const COMMIT_BYTES: usize = 4 << 10;
/// A request is about so long.
const REQUEST_BYTES: usize = 256;

/// Memory read in one stream, by one core.
fn memory(criterion: &mut Criterion) {
    let words = vec![1_u64; STREAM_BYTES / 8];
    let mut group = criterion.benchmark_group("limits");
    group.throughput(Throughput::Bytes(STREAM_BYTES as u64));
    group.bench_function("memory_read", |bench| bench.iter(|| black_box(&words).iter().sum::<u64>()));
    group.finish();
}

/// One signature and its verification, of a message as long as a pass.
fn signature(criterion: &mut Criterion) {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = key.verifying_key();
    let message = [3_u8; 120];
    let signature = key.sign(&message);
    let mut group = criterion.benchmark_group("limits");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ed25519_sign", |bench| bench.iter(|| key.sign(black_box(&message))));
    group.bench_function("ed25519_verify", |bench| bench.iter(|| public.verify(black_box(&message), &signature)));
    group.finish();
}

/// A small write made durable.
fn fsync(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut file = File::create(folder.path().join("log")).expect("a file can be made");
    file.write_all(&vec![0; 64 * COMMIT_BYTES]).expect("room on the disk");
    let page = [1_u8; COMMIT_BYTES];
    let mut group = criterion.benchmark_group("limits");
    group.throughput(Throughput::Elements(1));
    group.bench_function("fsync", |bench| {
        bench.iter(|| {
            file.seek(SeekFrom::Start(0)).expect("a file can be sought");
            file.write_all(&page).expect("room on the disk");
            file.sync_data().expect("the disk takes it");
        });
    });
    group.finish();
}

/// A request to another thread and its answer, over loopback: two writes, two reads and two wake-ups, nothing parsed.
fn round_trip(criterion: &mut Criterion) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    let address = listener.local_addr().expect("a bound listener has an address");
    let echo = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the bench connects");
        let _ = stream.set_nodelay(true);
        let mut bytes = [0; REQUEST_BYTES];
        while stream.read_exact(&mut bytes).is_ok() && stream.write_all(&bytes).is_ok() {}
    });
    let mut stream = TcpStream::connect(address).expect("the other thread listens");
    let _ = stream.set_nodelay(true);
    let mut bytes = [1; REQUEST_BYTES];
    let mut group = criterion.benchmark_group("limits");
    group.throughput(Throughput::Elements(1));
    group.bench_function("loopback_round_trip", |bench| {
        bench.iter(|| {
            stream.write_all(&bytes).expect("the other thread reads");
            stream.read_exact(&mut bytes).expect("the other thread answers");
        });
    });
    group.finish();
    drop(stream);
    let _ = echo.join();
}

criterion_group! {
    name = benches;
    config = common::quick("limits/");
    targets = memory, signature, fsync, round_trip
}
criterion_main!(benches);
