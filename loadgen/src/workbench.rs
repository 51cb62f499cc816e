//! The steps of the sending path one by one, so that benchmarks can time them. Runs do not use this.

use hdrhistogram::Histogram;
use passes::Purpose;

use crate::interface::template::Parts;
use crate::judge::{Gain, judge};
use crate::kind::Outcome;
use crate::record::{Measured, Recorder, times};
use crate::request::Templates;
use crate::response::{Chunks, Head};
use crate::{Kind, Target};

/// A typical answer to an issue under the scheme `lookup`.
const ISSUED: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 150\r\n\
    date: Thu, 02 Apr 2020 12:00:00 GMT\r\n\r\n\
    {\"pass\":\"1FGQ9M8Z3V6Y0T2R5W8X1N4K7J\",\"code\":\"1FGQ9M8Z3V6Y0T2R5W8X1N4K7JAB\",\"purpose\":\"groceries\",\
    \"valid_from_s\":1585818000,\"valid_until_s\":1585828800}";

/// The parts of the sending path, set up for one target.
pub struct Workbench {
    templates: Templates,
    outbox: Vec<u8>,
    chunks: Chunks,
    recorder: Recorder,
    index: u64,
}

impl Workbench {
    /// A workbench for requests to `target`; nothing is sent.
    pub fn new(target: &Target) -> Self {
        Workbench {
            templates: Templates::new(
                target,
                &target.interface().resolved(false),
                "/",
                "0123456789abcdef-0".to_owned(),
            ),
            outbox: Vec::new(),
            chunks: Chunks::default(),
            recorder: Recorder::new(Measured {
                from_ns: 0,
                until_ns: u64::MAX,
                limits_ns: [250_000_000; Kind::ALL.len()],
            }),
            index: 0,
        }
    }

    /// Builds the next request of `kind`; its length in bytes.
    pub fn build_request(&mut self, kind: Kind) -> usize {
        self.index += 1;
        let parts = Parts {
            index: self.index,
            resident: 0,
            token: "0123456789ABCDEFGHJKMNPQRS0123456789ABCDEFGHJKMNPQRS",
            pass: "1FGQ9M8Z3V6Y0T2R5W8X1N4K7J",
            code: "1FGQ9M8Z3V6Y0T2R5W8X1N4K7JAB",
            purpose: Purpose::Groceries,
            duration_s: None,
            blinded: "",
        };
        self.templates.write(kind, &parts, &mut self.outbox);
        self.outbox.len()
    }

    /// Parses and judges a typical answer to an issue; whether it is right.
    pub fn read_answer(&mut self) -> bool {
        let Ok(Some(head)) = Head::parse(ISSUED) else { return false };
        let Ok(Some(body)) = head.body(ISSUED, false, &mut self.chunks) else { return false };
        matches!(
            judge(self.templates.rule(Kind::Issue), Kind::Issue, true, head.status, body),
            (Outcome::Right, Gain::Pass { .. })
        )
    }

    /// Records the life of one request, asked 50 µs after the one before and answered within a few milliseconds.
    pub fn record(&mut self) {
        self.index += 1;
        let at_ns = self.index * 50_000;
        let done_ns = at_ns + 200_000 + self.index * 7_919 % 5_000_000;
        self.recorder.asked(Kind::Issue, at_ns, at_ns + 9_000);
        self.recorder.launched(Kind::Issue, at_ns);
        self.recorder.sent(Kind::Issue, at_ns, at_ns + 9_000, at_ns + 9_000);
        self.recorder.settled(Kind::Issue, at_ns, Some(at_ns + 9_000), done_ns, Outcome::Right);
        self.recorder.put_away(at_ns);
    }
}

/// Times in nanoseconds, as runs keep them.
pub type Times = Histogram<u64>;

/// A histogram of `count` times, as one thread has it at the end of a run.
pub fn histogram(count: u64) -> Times {
    let mut all = times();
    (0..count).for_each(|index| all.saturating_record(100_000 + index * 7_919 % 50_000_000));
    all
}

/// Adds `theirs` to `mine`; how many times are in it then.
pub fn merge(mine: &mut Times, theirs: &Times) -> u64 {
    let added = mine.add(theirs);
    debug_assert!(added.is_ok());
    mine.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bench_does_what_runs_do() {
        let mut bench = Workbench::new(&Target::parse("http://127.0.0.1:1", &[]).unwrap());
        assert!(bench.read_answer(), "the sample answer is right");
        assert!(Kind::ALL.into_iter().all(|kind| bench.build_request(kind) > 50));
        (0..100_000).for_each(|_| bench.record());
        assert_eq!(bench.recorder.counts[Kind::Issue as usize].right, 100_000);
        assert_eq!(merge(&mut histogram(10), &histogram(20)), 30);
    }
}
