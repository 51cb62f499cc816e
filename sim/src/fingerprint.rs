//! One number for all results of a run, equal for equal scenario and seed.

use demand::{Request, SimTime};
use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::resolve::Day;
use crate::{Check, Pass, Trip};

/// Rows that one task hashes.
const CHUNK: usize = 1 << 14;

/// XXH3 over the hashes of chunks of rows; rows are written in little-endian order, so that machines agree.
#[derive(Default)]
pub(crate) struct Fingerprint(Xxh3);

impl Fingerprint {
    pub(crate) fn add(&mut self, day: &Day) {
        self.add_rows(&day.trips, trip);
        self.add_rows(&day.passes, pass);
        self.add_rows(&day.checks, check);
        self.add_rows(&day.requests, request);
    }

    /// 16 hexadecimal digits.
    pub(crate) fn text(&self) -> String {
        format!("{:016x}", self.0.digest())
    }

    fn add_rows<R: Sync, const WORDS: usize>(&mut self, rows: &[R], words: impl Fn(&R) -> [u64; WORDS] + Sync) {
        let bytes = |row: &R| words(row).map(u64::to_le_bytes);
        let hash = |chunk: &[R]| xxh3_64(chunk.iter().map(bytes).collect::<Vec<_>>().as_flattened().as_flattened());
        let hashes: Vec<u64> = rows.par_chunks(CHUNK).map(hash).collect();
        self.0.update(&(rows.len() as u64).to_le_bytes());
        for hash in hashes {
            self.0.update(&hash.to_le_bytes());
        }
    }
}

/// Small numbers side by side, the first lowest.
fn word(wide: u32, middle: u16, [a, b]: [u8; 2]) -> u64 {
    u64::from(wide) | u64::from(middle) << 32 | u64::from(a) << 48 | u64::from(b) << 56
}

/// One more than the number of what there is, and 0 for nothing.
fn optional(number: Option<u8>) -> u8 {
    number.map_or(0, |number| number + 1)
}

fn trip(trip: &Trip) -> [u64; 4] {
    let check = optional(trip.check.map(|verdict| verdict as u8));
    [
        trip.departs.ms(),
        trip.returns.ms(),
        word(trip.resident, trip.origin, [trip.purpose as u8, trip.pass as u8]),
        word(trip.household, trip.destination, [check, 0]),
    ]
}

fn pass(pass: &Pass) -> [u64; 5] {
    [
        pass.asked_at.ms(),
        pass.valid_from.ms(),
        pass.valid_until.ms(),
        pass.cancelled_at.map_or(u64::MAX, SimTime::ms),
        word(pass.resident, pass.place, [pass.purpose as u8, pass.channel as u8]),
    ]
}

fn check(check: &Check) -> [u64; 2] {
    [check.at.ms(), word(check.resident, check.place, [check.purpose as u8, check.verdict as u8])]
}

fn request(request: &Request) -> [u64; 2] {
    let purpose = optional(request.purpose.map(|purpose| purpose as u8));
    [request.at.ms(), word(request.resident, request.place, [request.kind as u8, purpose])]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_and_its_list_count() {
        let check_at = |ms| Check {
            at: SimTime::from_ms(ms),
            resident: 1,
            place: 2,
            purpose: passes::Purpose::Pet,
            verdict: crate::Verdict::Valid,
        };
        let text = |checks: Vec<Check>| {
            let mut fingerprint = Fingerprint::default();
            fingerprint.add(&Day { checks, ..Default::default() });
            fingerprint.text()
        };
        assert_eq!(text(vec![check_at(1)]), text(vec![check_at(1)]));
        assert_ne!(text(vec![check_at(1)]), text(vec![check_at(2)]));
        assert_ne!(text(vec![check_at(1)]), text(vec![check_at(1), check_at(1)]));
        assert_eq!(text(vec![]).len(), 16);
    }
}
