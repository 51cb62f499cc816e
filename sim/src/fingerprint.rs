//! One number for all results of a run, equal for equal scenario and seed.

use demand::Request;

use crate::plan::TripRow;
use crate::{Check, Pass};

/// The sum of a hash of every row. A sum does not depend on the order of adding, so that threads and shards add what they have; what
/// a row is and whose it is stands in the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

/// What a row is. The first word of its hash.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Row {
    Trip = 1,
    Pass,
    Check,
    Request,
}

impl Fingerprint {
    /// What trips of a day and cell have in common, for [`Fingerprint::add_trip`].
    pub(crate) fn trips_of(day: u16, first_resident: u32) -> u64 {
        mix(Row::Trip as u64, u64::from(first_resident) << 16 | u64::from(day))
    }

    #[inline]
    pub(crate) fn add_trip(&mut self, common: u64, trip: &TripRow) {
        let [times, rest] = trip.words();
        self.0 = self.0.wrapping_add(mix(times ^ common, rest ^ common.rotate_left(32)));
    }

    pub(crate) fn add_pass(&mut self, pass: &Pass) {
        let what = u64::from(pass.resident) | (pass.purpose as u64) << 32 | (pass.channel as u64) << 40;
        self.add(Row::Pass, [pass.asked_at.ms(), pass.valid_from.ms() << 32 ^ pass.valid_until.ms(), what]);
    }

    pub(crate) fn add_check(&mut self, check: &Check) {
        let what = u64::from(check.resident) | (check.purpose as u64) << 32 | (check.verdict as u64) << 40;
        self.add(Row::Check, [check.at.ms(), what, check.place.into()]);
    }

    #[inline]
    pub(crate) fn add_request(&mut self, request: &Request) {
        let purpose = request.purpose.map_or(u64::from(u8::MAX), |purpose| purpose as u64);
        let what = (Row::Request as u64) << 56 | (request.kind as u64) << 48 | purpose << 40;
        let whose = u64::from(request.resident) | u64::from(request.place) << 32;
        self.0 = self.0.wrapping_add(mix(request.at.ms() ^ what, whose));
    }

    /// Adds the rows that another has seen.
    pub(crate) fn join(&mut self, other: Fingerprint) {
        self.0 = self.0.wrapping_add(other.0);
    }

    /// 16 hexadecimal digits.
    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.0)
    }

    #[inline]
    fn add(&mut self, row: Row, [a, b, c]: [u64; 3]) {
        let hash = mix(mix(a ^ row as u64, b) ^ c, KEYS[0]);
        self.0 = self.0.wrapping_add(hash);
    }
}

/// Odd numbers without pattern: the golden ratio's and the square root of three's fractions, as in MurmurHash-like finishers.
const KEYS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xBB67_AE85_84CA_A73B];

/// Both halves of the product, folded: the mixing step of wyhash (Wang Yi, 2019).
#[inline]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ KEYS[0]) * u128::from(b ^ KEYS[1]);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use demand::{RequestKind, SimTime};

    fn request(ms: u64, resident: u32) -> Request {
        Request { at: SimTime::from_ms(ms), resident, place: 2, kind: RequestKind::Issue, purpose: None }
    }

    fn of(requests: &[Request]) -> Fingerprint {
        let mut fingerprint = Fingerprint::default();
        requests.iter().for_each(|request| fingerprint.add_request(request));
        fingerprint
    }

    #[test]
    fn every_row_counts_and_order_does_not() {
        let (a, b) = (request(1, 1), request(2, 1));
        assert_eq!(of(&[a, b]), of(&[b, a]));
        assert_ne!(of(&[a]), of(&[b]));
        assert_ne!(of(&[a]), of(&[a, a]));
        assert_ne!(of(&[request(1, 2)]), of(&[request(2, 1)]));
        let mut joined = of(&[a]);
        joined.join(of(&[b]));
        assert_eq!(joined, of(&[a, b]));
        assert_eq!(joined.text().len(), 16);
    }
}
