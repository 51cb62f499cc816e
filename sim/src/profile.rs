//! When trips begin, how long they last and how far they go.

use passes::Purpose;

use crate::draw::bounds;
use crate::quantiles::Quantiles;
use crate::settings::Activities;

pub(crate) const MINUTE_MS: u32 = 60_000;
pub(crate) const HOUR_MS: u32 = 3_600_000;
pub(crate) const DAY_MS: u32 = 24 * HOUR_MS;
/// Farther than the Earth is round; nobody goes.
const FARTHEST_M: u32 = 20_000_000;

/// Departures over a day, from 24 hourly weights; even within the hour.
#[derive(Clone, Debug)]
struct Profile {
    /// Where each hour begins on the scale of a random word, and one past the last.
    edges: [u32; 25],
    /// Milliseconds of each hour to a unit of the word, in 32 binary places.
    rates: [u64; 24],
    /// The hour that each 256th of the scale begins in.
    hours: [u8; 256],
}

impl Profile {
    fn new(weights: &[f64; 24]) -> Self {
        let mut edges = [0; 25];
        edges[1..].copy_from_slice(&bounds(weights));
        // What rounding leaves belongs to the last hour that has departures.
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(23);
        edges[last + 1..].fill(u32::MAX);
        let rate = |hour: usize| (u64::from(HOUR_MS) << 32) / u64::from(edges[hour + 1] - edges[hour]).max(1);
        let hour = |part: usize| edges[1..24].partition_point(|edge| *edge <= (part as u32) << 24) as u8;
        Profile { rates: std::array::from_fn(rate), hours: std::array::from_fn(hour), edges }
    }

    /// The time of day at which `word` parts of all departures have begun, in milliseconds.
    #[inline]
    fn at_ms(&self, word: u32) -> u32 {
        // Below the last edge even for the greatest word.
        let word = word.min(u32::MAX - 1);
        let begins = usize::from(self.hours[(word >> 24) as usize]);
        // A part of the scale mostly holds one edge at most, which costs no branch; only many hours of little weight fill it.
        let mut hour = begins + usize::from(self.edges[begins + 1] <= word);
        while self.edges[hour + 1] <= word {
            hour += 1;
        }
        let within = (u64::from(word - self.edges[hour]) * self.rates[hour]) >> 32;
        hour as u32 * HOUR_MS + within as u32
    }
}

/// Departure profiles, lengths and distances of trips of every purpose.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    profiles: [Profile; Purpose::ALL.len()],
    lengths_ms: [Quantiles; Purpose::ALL.len()],
    distances_m: [Quantiles; Purpose::ALL.len()],
}

impl Timing {
    pub(crate) fn new(activities: &Activities) -> Self {
        let length = |purpose: Purpose| {
            let spread = activities.lengths.of(purpose);
            Quantiles::log_normal(spread.median_min * f64::from(MINUTE_MS), spread.sigma, MINUTE_MS..=DAY_MS)
        };
        let distance = |purpose: Purpose| {
            let reach = activities.distances.of(purpose);
            Quantiles::log_normal(reach.median_m, reach.sigma, 0..=FARTHEST_M)
        };
        Timing {
            profiles: Purpose::ALL.map(|purpose| Profile::new(activities.departure_weights.of(purpose))),
            lengths_ms: Purpose::ALL.map(length),
            distances_m: Purpose::ALL.map(distance),
        }
    }

    /// The time of day of departure that `word` falls on, in milliseconds.
    #[inline]
    pub(crate) fn departure_ms(&self, purpose: Purpose, word: u32) -> u32 {
        self.profiles[purpose as usize].at_ms(word)
    }

    /// How long a trip lasts, in milliseconds: a minute to a day, whatever the distribution says.
    #[inline]
    pub(crate) fn length_ms(&self, purpose: Purpose, word: u32) -> u32 {
        self.lengths_ms[purpose as usize].at(word)
    }

    /// How far from home a trip within its place leads, in metres.
    #[inline]
    pub(crate) fn distance_m(&self, purpose: Purpose, word: u32) -> u32 {
        self.distances_m[purpose as usize].at(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hours_get_their_weight() {
        let mut weights = [0.0; 24];
        weights[8] = 1.0;
        weights[17] = 3.0;
        let profile = Profile::new(&weights);
        let hour = |word| profile.at_ms(word) / HOUR_MS;
        assert_eq!([0, (1 << 30) - 1, 1 << 30, u32::MAX].map(hour), [8, 8, 17, 17]);
        assert_eq!(profile.at_ms(0), 8 * HOUR_MS);
    }

    #[test]
    fn the_median_length_is_the_one_asked_for() {
        let timing = Timing::new(&Activities::default());
        let median_ms = timing.length_ms(Purpose::Groceries, 1 << 31);
        assert!(median_ms.abs_diff(45 * MINUTE_MS) <= 1, "{median_ms}");
    }

    proptest! {
        #[test]
        fn departures_stay_in_hours_with_weight(weights in prop::array::uniform24(0.0..10.0), empty in 0..24_usize, word in any::<u32>()) {
            let mut weights = weights;
            weights[empty] = 0.0;
            prop_assume!(weights.iter().sum::<f64>() > 0.1);
            let at_ms = Profile::new(&weights).at_ms(word);
            prop_assert!(at_ms < DAY_MS && weights[(at_ms / HOUR_MS) as usize] > 0.0);
        }
    }
}
