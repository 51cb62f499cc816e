//! What a crash costs the embedded store when it is full: three million residents with a pass each, killed while it writes.
//!
//! Not a criterion group: each measurement takes a store of its own. Prints how long the store takes to open and to answer, how much
//! of a log the crash left, what it takes in memory and on disk, and what it costs to remove a part of the passes while others are issued.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its figures, and how far it is")]

mod servers;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use passes::wire::PassRequest;
use passes::{Channel, Purpose, ResidentId, Window};
use reference_server::StoreKind;
use reference_server::store::{Asked, Issuance, KeyDigest, NewPass, NewResident, Purge, Store};
use tokio::runtime::Builder;

/// Names the folder that this program, started again, is to fill.
const FOLDER: &str = "RESTART_BENCH_FOLDER";
/// Names the folder that this program, started again, is to serve.
const SERVED: &str = "RESTART_BENCH_SERVED";
/// Residents and passes; `RESTART_BENCH_COUNT` overrides.
const COUNT: u64 = 3_000_000;
const NOW_S: i64 = 1_585_900_000;
const TOGETHER: u64 = 500;
/// Passes hold for one hour to so many.
const HOURS: i64 = 24;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn count() -> u64 {
    std::env::var("RESTART_BENCH_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(COUNT)
}

fn resident(number: u64) -> ResidentId {
    // Spread like the digests that name real residents.
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ResidentId::from_bytes((u128::from(mixed) << 64 | u128::from(mixed.rotate_left(32))).to_be_bytes())
}

fn pass(number: u64) -> NewPass {
    let request = PassRequest { purpose: Purpose::Groceries, valid_from_s: None, duration_s: None, blinded: None };
    NewPass {
        resident: resident(number.wrapping_mul(7_919) % count()),
        purpose: Purpose::Groceries,
        // Of any neighbours in the table some are over sooner than others.
        window: Window { from_s: NOW_S, until_s: NOW_S + (1 + number as i64 % HOURS) * 3_600 },
        issued_s: NOW_S,
        day: (NOW_S / 86_400) as i32,
        random: [7; 12],
        asked: Asked::new(KeyDigest::of(&number.to_string()), &request),
        quotas: Vec::new(),
        since_s: NOW_S - 86_400,
        at_most: usize::MAX,
    }
}

async fn issue(store: &dyn Store, numbers: std::ops::Range<u64>) -> Outcome<()> {
    let mut answers: Vec<_> = numbers.map(|number| store.issue(pass(number))).collect();
    // Each is polled once before any is waited for, so all stand in the writer's queue together.
    std::future::poll_fn(|context| {
        answers.retain_mut(|answer| answer.as_mut().poll(context).is_pending());
        if answers.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    Ok(())
}

/// Fills the store, says so on standard output, and writes on until it is killed.
fn fill(dir: &Path) -> Outcome<()> {
    let store = StoreKind::Embedded { dir: dir.to_owned() }.open(1_024)?.store;
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let begun = Instant::now();
        for first in (0..count()).step_by(1_000) {
            let new = |number| NewResident {
                resident: resident(number),
                registered_s: NOW_S,
                channel: Channel::Web,
                key: None,
            };
            store.register((first..first + 1_000).map(new).collect()).await?;
        }
        eprintln!("{} residents registered in {:.1?}", count(), begun.elapsed());
        let (begun, cpu_s) = (Instant::now(), processor_s());
        for first in (0..count()).step_by(TOGETHER as usize) {
            issue(&*store, first..first + TOGETHER).await?;
        }
        let census = store.census(NOW_S).await?;
        let cpu_us = (processor_s() - cpu_s) * 1e6 / census.passes as f64;
        eprintln!("{} passes issued in {:.1?}, {cpu_us:.1} us of processor time each", census.passes, begun.elapsed());
        eprintln!("{} MiB on disk, {} MiB of index", census.disk_bytes >> 20, census.memory_bytes >> 20);
        eprintln!("memory of the process: {}", resident_memory());
        println!("full");
        for first in (count()..).step_by(TOGETHER as usize) {
            issue(&*store, first..first + TOGETHER).await?;
        }
        Ok(())
    })
}

/// Serves the folder as `lockgate serve` does, and says where, until it is killed.
fn serve(dir: PathBuf) -> Outcome<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Who connects before the store is open waits for the answer: none is lost between two tries.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let config = servers::config(StoreKind::Embedded { dir });
        Ok(reference_server::run(listener, config, std::future::pending()).await?)
    })
}

/// From the start of a server's process to its first answer: a resident is registered, durably.
fn first_answer(dir: &Path) -> Outcome<Duration> {
    const BODY: &str = r#"{"document":"22 04 000001","channel":"web"}"#;
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe()?).env(SERVED, dir).stdout(Stdio::piped()).spawn()?;
    let mut address = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
    let mut connection = TcpStream::connect(address.trim())?;
    let length = BODY.len();
    let head = "POST /v1/residents HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    write!(connection, "{head}\r\nContent-Length: {length}\r\n\r\n{BODY}")?;
    let mut status = [0; 12];
    connection.read_exact(&mut status)?;
    let took = begun.elapsed();
    child.kill()?;
    child.wait()?;
    if status == *b"HTTP/1.1 201" { Ok(took) } else { Err(String::from_utf8_lossy(&status).into_owned().into()) }
}

/// Processor time of this process in seconds: user and system time are the 12th and 13th field after its name, in ticks of 10 ms
/// (proc(5)).
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: f64 = fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn resident_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("unknown").to_owned()
}

fn main() -> Outcome<()> {
    if let Some(dir) = std::env::var_os(FOLDER) {
        return fill(&PathBuf::from(dir));
    }
    if let Some(dir) = std::env::var_os(SERVED) {
        return serve(PathBuf::from(dir));
    }
    let folder = tempfile::tempdir_in(".")?;
    let dir = folder.path().join("data");
    let mut child = Command::new(std::env::current_exe()?).env(FOLDER, &dir).stdout(Stdio::piped()).spawn()?;
    child.stdout.take().ok_or("no output")?.read_exact(&mut [0; 4])?;
    std::thread::sleep(Duration::from_secs(2));
    child.kill()?;
    child.wait()?;
    let log = std::fs::metadata(dir.join("passes.db-wal")).map_or(0, |log| log.len());
    println!("killed while writing; the log has {} MiB", log >> 20);

    println!("a server's process gave its first answer {:.2?} after its start, and is killed", first_answer(&dir)?);

    let begun = Instant::now();
    let store = StoreKind::Embedded { dir }.open(1_024)?.store;
    println!("open after {:.2?}", begun.elapsed());
    let runtime = Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let again = store.issue(pass(1)).await?;
        println!("first answer after {:.2?}", begun.elapsed());
        let Issuance::Replayed(grant) = again else { return Err(format!("lost: {again:?}").into()) };
        let found = store.find(grant.pass).await?.is_some();
        println!("first look-up after {:.2?}: {}", begun.elapsed(), if found { "found" } else { "LOST" });
        store.issue(pass(u64::MAX / 7_919)).await?;
        println!("first new pass after {:.2?}; memory: {}", begun.elapsed(), resident_memory());
        for hours in [0, 1, 1, 2] {
            purge(&*store, NOW_S + hours * 3_600 + 1).await?;
        }
        store.close().await?;
        Ok(())
    })
}

/// Removes the passes that ended before a time, while others are issued one by one.
async fn purge(store: &dyn Store, ended_before_s: i64) -> Outcome<()> {
    let (begun, cpu_s) = (Instant::now(), processor_s());
    let mut purging = store.purge(Purge { ended_before_s, residents_before_s: None });
    let (mut issued, mut slowest) = (0, Duration::ZERO);
    let purged = loop {
        let asked = Instant::now();
        tokio::select! {
            biased;
            purged = &mut purging => break purged?,
            issuance = store.issue(pass(unused_number(ended_before_s, issued))) => drop(issuance?),
        }
        issued += 1;
        slowest = slowest.max(asked.elapsed());
    };
    let (took, cpu_s) = (begun.elapsed(), processor_s() - cpu_s);
    println!(
        "{} passes removed in {took:.2?}, {cpu_s:.2} s of processor time; meanwhile {issued} passes were issued, the slowest in {slowest:.2?}",
        purged.passes
    );
    Ok(())
}

/// A number that no pass has yet.
fn unused_number(purge: i64, issued: u64) -> u64 {
    (purge as u64) << 32 | issued
}
