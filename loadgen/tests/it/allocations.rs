//! In steady state the sending path allocates nothing for a request.

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use loadgen::{Kind, Mix, Target, Wallet, prepare, run};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::server::{Server, pass_server};
use crate::support::{constant, measured, options};

/// Counts the allocations of all tests; those that count take their turn alone.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PASS: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 38\r\n\r\n{\"pass\":\"0123456789\",\"code\":\"ABCDEFG\"}";

/// Answers whatever comes in one piece with `answer`, without an allocation of its own.
fn answer_all(answer: &'static [u8]) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = Target::parse(&format!("http://{}", listener.local_addr().unwrap()), &[]).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || serve(stream, answer));
        }
    });
    target
}

fn serve(mut stream: TcpStream, answer: &[u8]) {
    let mut bytes = [0; 4_096];
    while matches!(stream.read(&mut bytes), Ok(1..)) && stream.write_all(answer).is_ok() {}
}

#[test]
fn no_request_allocates() {
    measured(|| {
        // As many connections as are needed: a slow moment asks for no more, each of which would cost some allocations.
        let mut options = options();
        options.settings.connections_max = 16;
        let servant = Server::start(|asked| pass_server(asked, |_| true));
        for (kind, answer) in [(Kind::Get, &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"[..]), (Kind::Issue, PASS)]
        {
            let target = answer_all(answer);
            let mut wallet = Wallet::new(1);
            let mut allocations_of = |duration| {
                let plan = constant(2_000.0, duration, Mix::only(kind));
                if kind == Kind::Issue {
                    prepare(&servant.target, &plan, &mut wallet, &options).unwrap();
                }
                let region = Region::new(ALLOCATOR);
                let result = run(&target, &plan, &mut wallet, &options).unwrap();
                let counts = result.kinds[&kind].counts;
                assert_eq!(counts.right, counts.asked, "{counts:?}");
                region.change().allocations
            };
            // Whatever begins and ends a run is in both; 3,000 requests and a second and a half more are in one. A second costs some
            // allocations, since its histograms are put away; connections that a slow moment asked for cost some, too.
            let short = allocations_of(Duration::from_millis(500));
            let long = allocations_of(Duration::from_millis(2_000));
            assert!(long < short + 600, "{kind}: {long} allocations with 4,000 requests, {short} with 1,000");
        }
    });
}
