//! Officers on patrol: whom they stop on the street.

use crate::Place;
use crate::profile::HOUR_MS;
use crate::settings::Checks;

/// Binary places of a rate.
const FRACTION: u32 = 16;

/// How likely a resident is stopped, by place and hour.
///
/// A resident on the street meets officers in proportion to how many there are and to the time spent there, whoever else is out: so a
/// policy that changes the trips of others changes nothing for this one. The chance is linear in time, which is the Poisson chance for
/// stops that are rare.
#[derive(Clone, Debug)]
pub(crate) struct Patrol {
    /// For each place and hour, the part of a random word's scale that a millisecond on the street takes, in [`FRACTION`] places.
    rates: Vec<[u64; 24]>,
    /// The greatest of them.
    greatest: u64,
}

impl Patrol {
    pub(crate) fn new(checks: &Checks, places: &[Place]) -> Self {
        let of_place = |place: &Place| {
            let officers = checks.officers_in.get(&place.name).copied().unwrap_or(checks.officers_per_100k);
            let stops_per_ms = officers * checks.stops_per_h / f64::from(HOUR_MS);
            let word_per_ms = stops_per_ms * 4_294_967_296.0 * f64::from(1 << FRACTION);
            checks.hour_shares.map(|share| (word_per_ms * share.get()) as u64)
        };
        let rates: Vec<[u64; 24]> = places.iter().map(of_place).collect();
        Patrol { greatest: rates.iter().flatten().copied().max().unwrap_or(0), rates }
    }

    /// Whether there is a place and hour where [`Patrol::stops`] would hold.
    #[inline]
    pub(crate) fn may_stop(&self, street_ms: u32, word: u32) -> bool {
        (u64::from(word) << FRACTION) < self.greatest.saturating_mul(street_ms.into())
    }

    /// Whether the random number `word` falls on a stop of a resident who lives in `place`, is on the street at `at_ms` after midnight, and for `street_ms` there and back.
    #[inline]
    pub(crate) fn stops(&self, place: u16, at_ms: u32, street_ms: u32, word: u32) -> bool {
        let hour = (at_ms / HOUR_MS) as usize;
        (u64::from(word) << FRACTION) < self.rates[usize::from(place)][hour.min(23)].saturating_mul(street_ms.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::Share;

    fn place(name: &str) -> Place {
        Place { geonames_id: Some(1), name: name.into(), latitude_deg: 0.0, longitude_deg: 0.0, residents: 100_000 }
    }

    #[test]
    fn stops_grow_with_officers_and_time_on_the_street() {
        let mut checks = Checks { officers_per_100k: 20.0, stops_per_h: 0.01, ..Checks::default() };
        checks.hour_shares = std::array::from_fn(|hour| Share::of(if hour < 12 { 1.0 } else { 0.0 }));
        checks.officers_in = [("Sarov".to_owned(), 40.0)].into();
        let patrol = Patrol::new(&checks, &[place("Bor"), place("Sarov")]);
        let share = |place, hour, minutes: u32| {
            let stopped = |word: &u32| patrol.stops(place, hour * HOUR_MS, minutes * 60_000, word << 20);
            (0..4_096_u32).filter(stopped).count() as f64 / 4_096.0
        };
        assert!((share(0, 8, 60) - 0.2).abs() < 1e-3);
        assert!((share(0, 8, 30) - 0.1).abs() < 1e-3);
        assert!((share(1, 8, 60) - 0.4).abs() < 1e-3);
        assert_eq!(share(0, 12, 600), 0.0);
        assert_eq!(share(1, 0, 600), 1.0);
    }
}
