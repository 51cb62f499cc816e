//! Whatever a server does to a connection: each a counted outcome, no panic, no hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use loadgen::{Counts, Kind, Limit, Mix, Options, Plan, Target, Verdict, Wallet, Warning, run};

use crate::script::{Peer, Script};
use crate::support::{constant, machine, options};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
/// What each run asks, in half a second.
const ASKED: u64 = 50;

fn target(script: &Script) -> Target {
    Target::parse(&format!("http://{}", script.address), &[]).unwrap()
}

/// Half a second of GETs. Every request is accounted for.
fn outcome(script: &Script) -> Counts {
    play(script, 100.0, Duration::from_millis(500), &options())
}

fn play(script: &Script, rate_per_s: f64, duration: Duration, options: &Options<'_>) -> Counts {
    let plan = constant(rate_per_s, duration, Mix::get("/"));
    let result = run(&target(script), &plan, &mut Wallet::new(1), options).unwrap();
    assert!(result.complete);
    let counts = result.kinds[&Kind::Get].counts;
    assert_eq!(counts.asked, counts.sent + counts.dropped, "{counts:?}");
    assert_eq!(counts.sent, counts.answered + counts.failed + counts.timed_out, "{counts:?}");
    counts
}

/// Every connection answers each request with `answer`, piece by piece.
fn answering(pieces: impl Fn(&mut Peer) -> bool + Send + Sync + 'static) -> Script {
    Script::start(move |_, peer| while peer.reads() && pieces(peer) {})
}

#[test]
fn an_answer_in_single_bytes_is_an_answer() {
    let _machine = machine();
    let counts = outcome(&answering(|peer| OK.iter().all(|byte| peer.writes(&[*byte]))));
    assert_eq!((counts.asked, counts.right), (ASKED, ASKED));
}

#[test]
fn a_megabyte_is_an_answer_in_whatever_form() {
    let _machine = machine();
    let body = vec![b'x'; 1 << 20];
    let mut plain = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    plain.extend(&body);
    let mut chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.chunks(997) {
        chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        chunked.extend(chunk);
        chunked.extend(b"\r\n");
    }
    chunked.extend(b"0\r\n\r\n");
    let (turn, forms) = (AtomicU64::new(0), [plain, chunked]);
    let counts = outcome(&answering(move |peer| {
        let form = &forms[turn.fetch_add(1, Ordering::SeqCst) as usize % 2];
        form.chunks(7_919).all(|piece| peer.writes(piece))
    }));
    assert_eq!(counts.right, ASKED, "{counts:?}");
}

#[test]
fn answers_that_break_off_are_lost() {
    let _machine = machine();
    for broken in [
        &b"HTTP/1.1 200 OK\r\ncontent-le"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"",
    ] {
        let counts = outcome(&answering(move |peer| {
            peer.writes(broken);
            false
        }));
        assert_eq!(counts.failed, ASKED, "{counts:?}");
    }
}

#[test]
fn resets_are_lost_connections() {
    let _machine = machine();
    let counts = outcome(&Script::start(|_, peer| {
        peer.reads_a_little();
        peer.writes(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
    }));
    assert_eq!(counts.failed, ASKED, "{counts:?}");
}

#[test]
fn what_is_no_answer_is_wrong() {
    let _machine = machine();
    for nonsense in [
        &b"\x16\x03\x01\x00\x05hello\r\n\r\n"[..],
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\ntoo much",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
    ] {
        let counts = outcome(&answering(move |peer| peer.writes(nonsense)));
        assert_eq!(counts.wrong, ASKED, "{counts:?}");
    }
}

#[test]
fn silence_times_out_wherever_it_begins() {
    let _machine = machine();
    for begun in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let mut options = options();
        options.settings.timeout_ms = 300;
        let silent = Script::start(move |_, peer| {
            if peer.reads() {
                peer.writes(begun);
            }
            peer.waits_for_the_end();
        });
        let counts = play(&silent, 100.0, Duration::from_millis(500), &options);
        assert_eq!(counts.timed_out, ASKED, "{counts:?}");
    }
}

#[test]
fn a_server_that_closes_after_each_answer_is_connected_to_anew() {
    let _machine = machine();
    // Without a word of it beforehand: whoever is quicker to ask again than to see the end loses that one request.
    let counts = outcome(&answering(|peer| {
        peer.writes(OK);
        false
    }));
    assert!(counts.right >= ASKED / 5 && counts.right + counts.failed == ASKED, "{counts:?}");
}

#[test]
fn connections_refused_half_way_are_counted_and_a_restart_heals() {
    let _machine = machine();
    let serve = |_, peer: &mut Peer| while peer.reads() && peer.writes(OK) {};
    let first = Script::start(serve);
    let (address, stable) = (first.address, target(&first));
    let restart = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(first);
        std::thread::sleep(Duration::from_millis(300));
        Script::start_at(address, serve)
    });
    let plan = constant(200.0, Duration::from_millis(1_500), Mix::get("/"));
    let result = run(&stable, &plan, &mut Wallet::new(1), &options()).unwrap();
    let counts = result.kinds[&Kind::Get].counts;
    drop(restart.join().unwrap());
    assert_eq!((counts.asked, counts.right + counts.failed), (300, 300), "{counts:?}");
    // About 60 are asked while nobody is there; the bounds allow for a slow machine.
    assert!(counts.failed >= 10 && counts.right >= 60, "{counts:?}");
    let last = result.intervals.last().unwrap().counts;
    assert!(last.right > 0, "it works again at the end: {last:?}");
}

#[test]
fn a_stalled_server_does_not_slow_the_schedule() {
    let _machine = machine();
    let mut options = options();
    (options.settings.connections_max, options.settings.timeout_ms) = (4, 1_000);
    let script = Script::start(|_, peer| peer.waits_for_the_end());
    let plan = constant(20_000.0, Duration::from_millis(500), Mix::get("/"));
    let result = run(&target(&script), &plan, &mut Wallet::new(1), &options).unwrap();
    let counts = result.kinds[&Kind::Get].counts;
    assert_eq!(counts.asked, 10_000, "all came due, whatever became of those before");
    assert_eq!(counts.dropped + counts.timed_out, 10_000, "{counts:?}");
    assert_eq!((result.verdict, result.limited_by), (Verdict::Failed, Some(Limit::Target)));
    assert!(result.assessment.starts_with("TARGET-LIMITED: "), "{}", result.assessment);
    assert!(result.warnings.iter().any(|warning| matches!(warning, Warning::WaitedForConnection { .. })));
}

#[test]
fn phones_close_their_connections_and_scanners_hold_theirs() {
    let _machine = machine();
    let opened = Arc::new(AtomicU64::new(0));
    let count = opened.clone();
    let script = Script::start(move |_, peer| {
        count.fetch_add(1, Ordering::SeqCst);
        while peer.reads() && peer.writes(OK) {}
    });
    let mut options = options();
    let held = play(&script, 1_000.0, Duration::from_millis(600), &options);
    let of_held = opened.swap(0, Ordering::SeqCst);
    options.settings.requests_per_connection.get = Some(2.0);
    let closed = play(&script, 1_000.0, Duration::from_millis(600), &options);
    let of_closed = opened.load(Ordering::SeqCst);
    assert_eq!((held.right, closed.right), (600, 600));
    // Half of 600 answers end their connection: 300, with a standard deviation of 12; five of these either way.
    assert!(of_closed.abs_diff(300) < 62 && of_held < 200, "{of_closed} {of_held}");
}

#[test]
fn a_closed_loop_survives_a_server_that_does_not() {
    let _machine = machine();
    let script = Script::start(|number, peer| {
        // Every second connection is cut after some answers.
        for _ in 0..if number % 2 == 0 { u64::MAX } else { number } {
            if !(peer.reads() && peer.writes(OK)) {
                break;
            }
        }
    });
    let plan = Plan::Closed { connections: 8, duration: Duration::from_millis(400), mix: Mix::get("/") };
    let result = run(&target(&script), &plan, &mut Wallet::new(1), &options()).unwrap();
    let counts = result.kinds[&Kind::Get].counts;
    assert_eq!(counts.sent, counts.right + counts.failed, "{counts:?}");
    assert!(counts.right > 100, "{counts:?}");
}
