//! When trips begin, how long they last and how far they go.

use passes::Purpose;

use crate::draw::bounds;
use crate::lanes::{LANES, Lookup, look_up};
use crate::quantiles::Quantiles;
use crate::settings::Activities;

pub(crate) const MINUTE_MS: u32 = 60_000;
pub(crate) const HOUR_MS: u32 = 3_600_000;
pub(crate) const DAY_MS: u32 = 24 * HOUR_MS;
/// Usual times of going to work that are told apart.
const SHIFTS: usize = 64;
/// Farther than the Earth is round; nobody goes.
const FARTHEST_M: u32 = 20_000_000;

/// Departures over a day, from 24 hourly weights; even within the hour.
#[derive(Clone, Debug)]
struct Profile {
    /// Where each hour begins on the scale of a random word.
    begins: [u32; 32],
    /// Milliseconds of each hour to a unit of the word, in 32 binary places.
    rates: [u64; 32],
}

impl Profile {
    fn new(weights: &[f64; 24]) -> Self {
        let mut edges = [u32::MAX; 25];
        edges[0] = 0;
        edges[1..].copy_from_slice(&bounds(weights));
        // What rounding leaves belongs to the last hour that has departures.
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(23);
        edges[last + 1..].fill(u32::MAX);
        let rate = |hour: usize| (u64::from(HOUR_MS) << 32) / u64::from(edges[hour + 1] - edges[hour]).max(1);
        Profile {
            begins: std::array::from_fn(|hour| edges[hour.min(24)]),
            rates: std::array::from_fn(|hour| if hour < 24 { rate(hour) } else { 0 }),
        }
    }
}

impl Lookup for Profile {
    /// The time of day at which each of `words` parts of all departures have begun, in milliseconds.
    #[inline(always)]
    fn lanes(&self, words: [u32; LANES]) -> [u32; LANES] {
        // Below the last edge even for the greatest word.
        let words = words.map(|word| word.min(u32::MAX - 1));
        // Counting the hours that have begun costs less than to search, since it takes no branch.
        let mut hours = [0; LANES];
        for begin in &self.begins[1..24] {
            for lane in 0..LANES {
                hours[lane] += u32::from(*begin <= words[lane]);
            }
        }
        let mut times_ms = [0; LANES];
        for lane in 0..LANES {
            let hour = hours[lane] as usize % 32;
            let within = (u64::from(words[lane] - self.begins[hour]) * self.rates[hour]) >> 32;
            times_ms[lane] = hours[lane] * HOUR_MS + within as u32;
        }
        times_ms
    }
}

/// The time of day that one word falls on.
fn at_ms(profile: &Profile, word: u32) -> u32 {
    let [at_ms, ..] = profile.lanes([word; LANES]);
    at_ms
}

/// Departure profiles, lengths and distances of trips of every purpose.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    profiles: [Profile; Purpose::ALL.len()],
    /// When workers leave, by their shift.
    usual_ms: [u32; SHIFTS],
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
        let work = Profile::new(activities.departure_weights.of(Purpose::Work));
        Timing {
            profiles: Purpose::ALL.map(|purpose| Profile::new(activities.departure_weights.of(purpose))),
            usual_ms: std::array::from_fn(|shift| at_ms(&work, (shift as u32) << 26 | 1 << 25)),
            lengths_ms: Purpose::ALL.map(length),
            distances_m: Purpose::ALL.map(distance),
        }
    }

    /// When workers of this shift usually leave, in milliseconds after midnight.
    #[inline]
    pub(crate) fn usual_ms(&self, shift: u8) -> u32 {
        self.usual_ms[usize::from(shift) % SHIFTS]
    }

    /// The times of day of departure that `words` fall on, in milliseconds, into `times_ms`.
    pub(crate) fn departures_ms(&self, purpose: Purpose, words: &[u32], times_ms: &mut Vec<u32>) {
        look_up(&self.profiles[purpose as usize], words, times_ms);
    }

    /// How long trips last, in milliseconds: a minute to a day, whatever the distribution says.
    pub(crate) fn lengths_ms(&self, purpose: Purpose, words: &[u32], lengths_ms: &mut Vec<u32>) {
        look_up(&self.lengths_ms[purpose as usize], words, lengths_ms);
    }

    /// How far from home trips within their place lead, in metres.
    pub(crate) fn distances_m(&self, purpose: Purpose, words: &[u32], distances_m: &mut Vec<u32>) {
        look_up(&self.distances_m[purpose as usize], words, distances_m);
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
        let hour = |word| at_ms(&profile, word) / HOUR_MS;
        assert_eq!([0, (1 << 30) - 1, 1 << 30, u32::MAX].map(hour), [8, 8, 17, 17]);
        assert_eq!(at_ms(&profile, 0), 8 * HOUR_MS);
    }

    #[test]
    fn the_median_length_is_the_one_asked_for() {
        let timing = Timing::new(&Activities::default());
        let mut lengths_ms = Vec::new();
        timing.lengths_ms(Purpose::Groceries, &[1 << 31], &mut lengths_ms);
        assert!(lengths_ms[0].abs_diff(45 * MINUTE_MS) <= 1, "{lengths_ms:?}");
    }

    proptest! {
        #[test]
        fn departures_stay_in_hours_with_weight(weights in prop::array::uniform24(0.0..10.0), empty in 0..24_usize, word in any::<u32>()) {
            let mut weights = weights;
            weights[empty] = 0.0;
            prop_assume!(weights.iter().sum::<f64>() > 0.1);
            let at_ms = at_ms(&Profile::new(&weights), word);
            prop_assert!(at_ms < DAY_MS && weights[(at_ms / HOUR_MS) as usize] > 0.0);
        }
    }
}
