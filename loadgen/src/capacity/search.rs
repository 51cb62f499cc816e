//! The order in which rates are tried. Knows nothing of servers.

use rand_core::Rng;

use super::{CapacitySettings, Ended, Phase};
use crate::LoadError;
use crate::random::SplitMix64;

/// What trying a rate showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// The objectives held.
    Held,
    /// They did not.
    Failed,
    /// The generator was the limit; nothing was shown.
    Spoiled,
    /// The search was stopped.
    Stopped,
    /// The search has used up its time.
    OutOfTime,
}

/// Where the edge is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) held_per_s: Option<f64>,
    pub(super) failed_per_s: Option<f64>,
    pub(super) ended: Ended,
}

/// Tries one rate.
type Try<'a> = dyn FnMut(Phase, f64) -> Result<Trial, LoadError> + 'a;

/// Brackets the edge by doubling, narrows it down by bisection, and tries the rates about it again and again, in random order.
///
/// While the rate doubles, a rate failed only if it failed twice in a row, since one hiccup would bound the whole search; and what fails
/// there, in a short step, but holds in a long one has held, and the search goes on above it. A rate counts as held only if it held
/// whenever its fate was decided: if the edge fails on repetition it becomes the lowest rate that failed, and the search goes on below it.
pub(super) fn seek(settings: &CapacitySettings, seed: u64, try_rate: &mut Try<'_>) -> Result<Found, LoadError> {
    let least_per_s = settings.start_per_s / DEEPEST;
    let mut edge =
        Edge { held: Vec::new(), failed: Vec::new(), ended: None, least_per_s, random: SplitMix64::new(seed) };
    edge.bracket(settings.start_per_s, settings.max_per_s, try_rate)?;
    let mut moved = 0;
    while edge.ended.is_none() {
        if let (Some(held_per_s), None) = (edge.held_per_s(), edge.failed_per_s()) {
            edge.bracket((2.0 * held_per_s).min(settings.max_per_s), settings.max_per_s, try_rate)?;
        }
        edge.bisect(settings, try_rate)?;
        let Some(held_per_s) = edge.held_per_s().filter(|_| edge.ended.is_none()) else { break };
        edge.repeat(settings, try_rate)?;
        if edge.ended.is_some() || edge.held_per_s() == Some(held_per_s) {
            break;
        }
        moved += 1;
        if moved > MOST_MOVED {
            edge.ended = Some(Ended::Unsteady);
        } else if edge.held_per_s().is_none() {
            edge.descend(held_per_s / 2.0, try_rate)?;
        }
    }
    let ended = edge.ended.unwrap_or(if edge.held.is_empty() { Ended::NothingHeld } else { Ended::Found });
    Ok(Found { held_per_s: edge.held_per_s(), failed_per_s: edge.always_failed_per_s(), ended })
}

/// So often the edge may move on repetition before the search takes what held.
const MOST_MOVED: u32 = 3;
/// If the first rate fails, rates down to this part of it are tried. Steps grow as rates shrink; lower ones would take minutes.
const DEEPEST: f64 = 16.0;

struct Edge {
    /// Rates that held, each time they were tried.
    held: Vec<f64>,
    /// Rates that failed, once or more often.
    failed: Vec<Failure>,
    ended: Option<Ended>,
    /// No lower rate is tried.
    least_per_s: f64,
    random: SplitMix64,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    rate_per_s: f64,
    /// Whether it held at another time.
    held_once: bool,
    /// Whether it failed in short steps only.
    brief: bool,
}

impl Edge {
    fn held_per_s(&self) -> Option<f64> {
        self.held.iter().copied().max_by(f64::total_cmp)
    }

    fn failed_per_s(&self) -> Option<f64> {
        self.failed.iter().map(|failure| failure.rate_per_s).min_by(f64::total_cmp)
    }

    /// The lowest rate that failed whenever it was tried.
    fn always_failed_per_s(&self) -> Option<f64> {
        let always = self.failed.iter().filter(|failure| !failure.held_once);
        always.map(|failure| failure.rate_per_s).min_by(f64::total_cmp)
    }

    /// Tries a rate, twice if the first time is spoiled: another process may have taken the core for a moment. Whether it held.
    fn try_rate(&mut self, phase: Phase, rate_per_s: f64, try_rate: &mut Try<'_>) -> Result<bool, LoadError> {
        let mut trial = try_rate(phase, rate_per_s)?;
        if trial == Trial::Spoiled {
            trial = try_rate(phase, rate_per_s)?;
        }
        match trial {
            Trial::Held => self.note_held(phase, rate_per_s),
            Trial::Failed => self.note_failed(phase, rate_per_s),
            Trial::Spoiled => self.ended = Some(Ended::GeneratorLimited),
            Trial::Stopped => self.ended = Some(Ended::Stopped),
            Trial::OutOfTime => self.ended = Some(Ended::OutOfTime),
        }
        Ok(trial == Trial::Held)
    }

    fn note_held(&mut self, phase: Phase, rate_per_s: f64) {
        if phase != Phase::Bracket {
            self.failed.retain(|failure| !(failure.brief && failure.rate_per_s == rate_per_s));
        }
        let mut same = self.failed.iter_mut().filter(|failure| failure.rate_per_s == rate_per_s).peekable();
        if same.peek().is_some() {
            same.for_each(|failure| failure.held_once = true);
        } else if self.failed_per_s().is_none_or(|failed_per_s| rate_per_s < failed_per_s) {
            self.held.push(rate_per_s);
        }
    }

    fn note_failed(&mut self, phase: Phase, rate_per_s: f64) {
        let brief = phase == Phase::Bracket;
        match self.failed.iter_mut().find(|failure| failure.rate_per_s == rate_per_s) {
            Some(known) => known.brief &= brief,
            None => {
                let held_once = self.held.contains(&rate_per_s);
                self.failed.push(Failure { rate_per_s, held_once, brief });
            }
        }
        // What lies above a rate that fails did not hold, whatever chance said.
        self.held.retain(|held| *held < rate_per_s);
    }

    /// Doubles `rate_per_s` until it fails; if the first fails, halves it until one holds.
    fn bracket(&mut self, mut rate_per_s: f64, max_per_s: f64, try_rate: &mut Try<'_>) -> Result<(), LoadError> {
        while self.held_of_two(rate_per_s, try_rate)? {
            if rate_per_s >= max_per_s {
                self.ended = Some(Ended::MaxReached);
                return Ok(());
            }
            rate_per_s = (2.0 * rate_per_s).min(max_per_s);
        }
        if self.ended.is_none() && self.held.is_empty() { self.descend(rate_per_s / 2.0, try_rate) } else { Ok(()) }
    }

    /// Whether a rate holds at the first or the second try.
    fn held_of_two(&mut self, rate_per_s: f64, try_rate: &mut Try<'_>) -> Result<bool, LoadError> {
        let before = (self.held.clone(), self.failed.clone());
        if self.try_rate(Phase::Bracket, rate_per_s, try_rate)? {
            return Ok(true);
        }
        if self.ended.is_some() {
            return Ok(false);
        }
        // The second try alone decides.
        (self.held, self.failed) = before;
        self.try_rate(Phase::Bracket, rate_per_s, try_rate)
    }

    /// Halves the rate until one holds.
    fn descend(&mut self, mut rate_per_s: f64, try_rate: &mut Try<'_>) -> Result<(), LoadError> {
        while self.ended.is_none() && !self.try_rate(Phase::Bracket, rate_per_s, try_rate)? {
            rate_per_s /= 2.0;
            if rate_per_s < self.least_per_s && self.ended.is_none() {
                self.ended = Some(Ended::NothingHeld);
            }
        }
        Ok(())
    }

    fn bisect(&mut self, settings: &CapacitySettings, try_rate: &mut Try<'_>) -> Result<(), LoadError> {
        while let (None, Some(held_per_s), Some(failed_per_s)) = (self.ended, self.held_per_s(), self.failed_per_s()) {
            if failed_per_s / held_per_s <= 1.0 + settings.tolerance.get() {
                break;
            }
            // The geometric middle: what matters is the ratio of the two.
            self.try_rate(Phase::Bisect, (held_per_s * failed_per_s).sqrt(), try_rate)?;
        }
        Ok(())
    }

    /// Tries the highest rate that held, one below and the lowest that failed, each so often, in random order: what changes slowly on
    /// a machine would else fall on one of them.
    fn repeat(&mut self, settings: &CapacitySettings, try_rate: &mut Try<'_>) -> Result<(), LoadError> {
        let Some(held_per_s) = self.held_per_s() else { return Ok(()) };
        let rates = [Some(held_per_s / (1.0 + settings.tolerance.get())), Some(held_per_s), self.failed_per_s()];
        let each =
            rates.into_iter().flatten().flat_map(|rate| std::iter::repeat_n(rate, settings.repetitions as usize));
        let mut order: Vec<(u64, f64)> = each.map(|rate| (self.random.next_u64(), rate)).collect();
        order.sort_unstable_by_key(|(word, _)| *word);
        for (_, rate_per_s) in order {
            if self.ended.is_some() || self.held.is_empty() {
                break;
            }
            self.try_rate(Phase::Confirm, rate_per_s, try_rate)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seek_with(mut trial: impl FnMut(Phase, f64) -> Trial) -> Found {
        seek(&CapacitySettings::default(), 1, &mut |phase, rate| Ok(trial(phase, rate))).unwrap()
    }

    fn at_capacity(capacity: f64) -> impl FnMut(Phase, f64) -> Trial {
        move |_, rate| if rate <= capacity { Trial::Held } else { Trial::Failed }
    }

    proptest! {
        #[test]
        fn the_edge_is_within_the_tolerance(capacity in 40.0..190_000.0_f64) {
            let found = seek_with(at_capacity(capacity));
            prop_assert_eq!(found.ended, Ended::Found);
            let (held, failed) = (found.held_per_s.unwrap(), found.failed_per_s.unwrap());
            prop_assert!(held <= capacity && capacity < failed && failed / held <= 1.05);
        }

        #[test]
        fn chance_never_makes_it_endless(draws in prop::collection::vec(0..4_u8, 1..400)) {
            let mut draws = draws.into_iter().cycle();
            let mut tries = 0;
            let found = seek_with(|_, rate| {
                tries += 1;
                match draws.next() {
                    Some(0 | 1) if rate < 50_000.0 => Trial::Held,
                    Some(3) if tries > 100 => Trial::Stopped,
                    _ => Trial::Failed,
                }
            });
            prop_assert!(tries < 500, "{tries} tries");
            prop_assert!(found.held_per_s.is_none_or(|held| found.failed_per_s.is_none_or(|failed| held < failed)));
        }
    }

    #[test]
    fn the_ends_of_the_road() {
        let end = |capacity| seek_with(at_capacity(capacity));
        assert_eq!(end(f64::MAX), Found { held_per_s: Some(1e6), failed_per_s: None, ended: Ended::MaxReached });
        assert_eq!((end(0.0).held_per_s, end(0.0).ended), (None, Ended::NothingHeld));
        let spoiled = seek_with(|_, rate| if rate < 3_000.0 { Trial::Held } else { Trial::Spoiled });
        assert_eq!(spoiled, Found { held_per_s: Some(2_000.0), failed_per_s: None, ended: Ended::GeneratorLimited });
    }

    #[test]
    fn what_was_shown_stands_when_time_runs_out() {
        let mut tries = 0;
        let found = seek_with(|_, rate| {
            tries += 1;
            match tries {
                9.. => Trial::OutOfTime,
                _ if rate <= 7_000.0 => Trial::Held,
                _ => Trial::Failed,
            }
        });
        assert_eq!(found.ended, Ended::OutOfTime);
        let (held, failed) = (found.held_per_s.unwrap(), found.failed_per_s.unwrap());
        assert!(held <= 7_000.0 && 7_000.0 < failed && failed < 8_001.0, "{found:?}");
    }

    #[test]
    fn an_edge_that_fails_on_repetition_is_lowered() {
        // Rates up to 1,000 always hold; those up to 1,200 hold unless they are tried again.
        let found = seek_with(|phase, rate| match phase {
            _ if rate <= 1_000.0 => Trial::Held,
            Phase::Confirm => Trial::Failed,
            _ if rate <= 1_200.0 => Trial::Held,
            _ => Trial::Failed,
        });
        assert!(found.held_per_s.unwrap() <= 1_000.0 || found.ended == Ended::Unsteady, "{found:?}");
    }

    #[test]
    fn what_fails_only_briefly_bounds_nothing() {
        // Short steps fail beyond 600, long ones beyond 1,900.
        let found = seek_with(|phase, rate| match phase {
            Phase::Bracket if rate > 600.0 && rate < 1_900.0 => Trial::Failed,
            _ if rate <= 1_900.0 => Trial::Held,
            _ => Trial::Failed,
        });
        assert_eq!(found.ended, Ended::Found);
        let (held, failed) = (found.held_per_s.unwrap(), found.failed_per_s.unwrap());
        assert!((1_800.0..=1_900.0).contains(&held) && failed > 1_900.0, "{found:?}");
    }

    #[test]
    fn one_disturbance_does_not_bound_the_search() {
        for disturbance in [Trial::Spoiled, Trial::Failed] {
            let mut first = true;
            let found = seek_with(|_, rate| match std::mem::take(&mut first) {
                true => disturbance,
                false if rate <= 700.0 => Trial::Held,
                false => Trial::Failed,
            });
            assert_eq!(found.ended, Ended::Found);
            assert!(found.held_per_s.unwrap() > 660.0, "{disturbance:?}: {found:?}");
        }
    }
}
