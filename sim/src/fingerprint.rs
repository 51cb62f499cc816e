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

    fn add_rows<R: Sync, const BYTES: usize>(&mut self, rows: &[R], bytes_of: impl Fn(&R) -> [u8; BYTES] + Sync) {
        let hash = |chunk: &[R]| xxh3_64(chunk.iter().map(&bytes_of).collect::<Vec<_>>().as_flattened());
        let hashes: Vec<u64> = rows.par_chunks(CHUNK).map(hash).collect();
        self.0.update(&(rows.len() as u64).to_le_bytes());
        for hash in hashes {
            self.0.update(&hash.to_le_bytes());
        }
    }
}

/// Bytes filled from the front.
struct Row<const BYTES: usize> {
    bytes: [u8; BYTES],
    filled: usize,
}

impl<const BYTES: usize> Row<BYTES> {
    fn new() -> Self {
        Row { bytes: [0; BYTES], filled: 0 }
    }

    #[inline]
    fn with<const N: usize>(mut self, part: [u8; N]) -> Self {
        self.bytes[self.filled..self.filled + N].copy_from_slice(&part);
        self.filled += N;
        self
    }

    fn time(self, at: SimTime) -> Self {
        self.with(at.ms().to_le_bytes())
    }
}

/// One more than the number of what there is, and 0 for nothing.
fn optional(number: Option<u8>) -> [u8; 1] {
    [number.map_or(0, |number| number + 1)]
}

#[inline]
fn trip(trip: &Trip) -> [u8; 31] {
    Row::new()
        .time(trip.departs)
        .time(trip.returns)
        .with(trip.resident.to_le_bytes())
        .with(trip.household.to_le_bytes())
        .with(trip.origin.to_le_bytes())
        .with(trip.destination.to_le_bytes())
        .with([trip.purpose as u8, trip.pass as u8])
        .with(optional(trip.check.map(|verdict| verdict as u8)))
        .bytes
}

fn pass(pass: &Pass) -> [u8; 40] {
    Row::new()
        .time(pass.asked_at)
        .time(pass.valid_from)
        .time(pass.valid_until)
        .time(pass.cancelled_at.map_or(SimTime::from_ms(u64::MAX), |at| at))
        .with(pass.resident.to_le_bytes())
        .with(pass.place.to_le_bytes())
        .with([pass.purpose as u8, pass.channel as u8])
        .bytes
}

fn check(check: &Check) -> [u8; 16] {
    Row::new()
        .time(check.at)
        .with(check.resident.to_le_bytes())
        .with(check.place.to_le_bytes())
        .with([check.purpose as u8, check.verdict as u8])
        .bytes
}

fn request(request: &Request) -> [u8; 16] {
    Row::new()
        .time(request.at)
        .with(request.resident.to_le_bytes())
        .with(request.place.to_le_bytes())
        .with([request.kind as u8])
        .with(optional(request.purpose.map(|purpose| purpose as u8)))
        .bytes
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
