//! When trips begin and how long they last.

use passes::Purpose;
use rand_distr::{Distribution, LogNormal};

use crate::draw::bounds;
use crate::philox::Stream;
use crate::settings::{Activities, Spread};

pub(crate) const MINUTE_MS: u32 = 60_000;
pub(crate) const HOUR_MS: u32 = 3_600_000;
pub(crate) const DAY_MS: u32 = 24 * HOUR_MS;

/// Departures over a day, from 24 hourly weights; even within the hour.
#[derive(Clone, Debug)]
struct Profile([u32; 25]);

impl Profile {
    fn new(weights: &[f64; 24]) -> Self {
        let mut edges = [0; 25];
        edges[1..].copy_from_slice(&bounds(weights));
        // What rounding leaves belongs to the last hour that has departures.
        let last = weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(23);
        edges[last + 1..].fill(u32::MAX);
        Profile(edges)
    }

    /// The time of day at which `word` parts of all departures have begun, in milliseconds.
    #[inline]
    fn at_ms(&self, word: u32) -> u32 {
        // Below the last edge even for the greatest word.
        let word = word.min(u32::MAX - 1);
        let hour = self.0[1..24].partition_point(|edge| *edge <= word);
        let (from, until) = (self.0[hour], self.0[hour + 1]);
        let within = u64::from(word - from) * u64::from(HOUR_MS) / u64::from(until - from);
        hour as u32 * HOUR_MS + within as u32
    }
}

/// Departure profiles and lengths of trips of every purpose.
#[derive(Clone, Debug)]
pub(crate) struct Timing {
    profiles: [Profile; Purpose::ALL.len()],
    lengths: [LogNormal<f64>; Purpose::ALL.len()],
}

impl Timing {
    /// # Errors
    /// When a spread is no log-normal distribution; `Activities::faults` names it.
    pub(crate) fn new(activities: &Activities) -> Result<Self, rand_distr::NormalError> {
        let length = |purpose: Purpose| log_normal(activities.lengths.of(purpose));
        let mut lengths = [length(Purpose::Groceries)?; Purpose::ALL.len()];
        for purpose in Purpose::ALL {
            lengths[purpose as usize] = length(purpose)?;
        }
        let profiles = Purpose::ALL.map(|purpose| Profile::new(activities.departure_weights.of(purpose)));
        Ok(Timing { profiles, lengths })
    }

    /// The time of day of departure that `word` falls on, in milliseconds.
    #[inline]
    pub(crate) fn departure_ms(&self, purpose: Purpose, word: u32) -> u32 {
        self.profiles[purpose as usize].at_ms(word)
    }

    /// How long a trip lasts, in milliseconds: a minute to a day, whatever the distribution says.
    #[inline]
    pub(crate) fn length_ms(&self, purpose: Purpose, stream: &mut Stream) -> u32 {
        let minutes = self.lengths[purpose as usize].sample(stream);
        (minutes * f64::from(MINUTE_MS)).clamp(f64::from(MINUTE_MS), f64::from(DAY_MS)) as u32
    }
}

/// The distribution of minutes.
fn log_normal(spread: &Spread) -> Result<LogNormal<f64>, rand_distr::NormalError> {
    LogNormal::new(spread.median_min.ln(), spread.sigma)
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
        let timing = Timing::new(&Activities::default()).unwrap();
        let length_ms = |who| timing.length_ms(Purpose::Groceries, &mut Stream::new([who, 0, 0, 0], [0, 0]));
        let shorter = (0..10_000).filter(|who| length_ms(*who) < 45 * MINUTE_MS).count();
        assert!((4_800..5_200).contains(&shorter), "{shorter} of 10000");
    }

    proptest! {
        #[test]
        fn departures_stay_in_hours_with_weight(weights in prop::array::uniform24(0.0..10.0), empty in 0..24_usize, word in any::<u32>()) {
            let mut weights = weights;
            weights[empty] = 0.0;
            prop_assume!(weights.iter().sum::<f64>() > 0.1);
            let hour = Profile::new(&weights).at_ms(word) / HOUR_MS;
            prop_assert!(weights[hour as usize] > 0.0);
        }
    }
}
