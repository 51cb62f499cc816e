//! Ages within households, so that both households and the whole region come out right.

use passes::{Fault, Share};

use super::AgeBand;
use crate::draw;
use crate::settings::{self, AGE_BANDS};

/// The ages of three kinds of people, as bounds for [`draw::choose`]: who lives alone, the adult that every larger household has,
/// and its other members.
///
/// People living alone have their own distribution (pensioners more often). The adults who are left are spread alike over
/// householders and other members, and all children are other members. So the shares of age bands over the whole region are those
/// asked for, exactly in expectation.
#[derive(Clone, Debug)]
pub(crate) struct Composition {
    pub(crate) alone: Vec<u32>,
    pub(crate) householder: Vec<u32>,
    pub(crate) other: Vec<u32>,
}

impl Composition {
    /// # Errors
    /// A fault when no such households exist: too few adults or too few of an age band that lives alone.
    pub(crate) fn new(settings: &settings::Population) -> Result<Self, Fault> {
        let sizes = settings.household_size_shares.map(Share::get);
        let mean_size: f64 = sizes.iter().zip(1..).map(|(share, size)| share * f64::from(size)).sum();
        let ages = settings.age_band_shares.map(Share::get);
        let alone = ages_alone(ages, settings.alone_60_plus_share.get())?;

        // All masses are per household.
        let adults =
            |weights: [f64; AGE_BANDS]| weights.into_iter().zip(AgeBand::ALL).filter(|(_, age)| age.is_adult());
        let mut rest = ages.map(|share| share * mean_size);
        for (rest, alone) in rest.iter_mut().zip(alone) {
            *rest -= sizes[0] * alone;
        }
        if rest.iter().any(|mass| *mass < -1e-9) {
            let message = "more residents of an age band live alone than there are; change this, household_size_shares or age_band_shares";
            return Err(Fault::new("population.alone_60_plus_share", message));
        }
        let rest = rest.map(|mass| mass.max(0.0));
        let adult_mass: f64 = adults(rest).map(|(mass, _)| mass).sum();
        let householders = 1.0 - sizes[0];
        if adult_mass + 1e-9 < householders {
            let message = "there are fewer adults than households; lower the first two shares, or raise those of larger households";
            return Err(Fault::new("population.age_band_shares", message));
        }
        let householder = only_adults(rest);
        let kept = if adult_mass > 0.0 { 1.0 - householders / adult_mass } else { 0.0 };
        let mut other = rest;
        for (mass, age) in other.iter_mut().zip(AgeBand::ALL) {
            if age.is_adult() {
                *mass *= kept.max(0.0);
            }
        }
        Ok(Composition {
            alone: draw::bounds(&alone),
            householder: draw::bounds(&or_any_adult(householder)),
            other: draw::bounds(&or_any_adult(other)),
        })
    }
}

/// The distribution of age among those who live alone.
fn ages_alone(ages: [f64; AGE_BANDS], share_60_plus: f64) -> Result<[f64; AGE_BANDS], Fault> {
    let [.., from_18, from_40, from_60, from_75] = ages;
    let (younger, older) = (from_18 + from_40, from_60 + from_75);
    if (share_60_plus > 0.0 && older <= 0.0) || (share_60_plus < 1.0 && younger <= 0.0) {
        let message = "nobody is of the age that lives alone; change this or age_band_shares";
        return Err(Fault::new("population.alone_60_plus_share", message));
    }
    let split = |part: f64, whole: f64, share: f64| if whole > 0.0 { part / whole * share } else { 0.0 };
    let share_younger = 1.0 - share_60_plus;
    Ok([
        0.0,
        0.0,
        split(from_18, younger, share_younger),
        split(from_40, younger, share_younger),
        split(from_60, older, share_60_plus),
        split(from_75, older, share_60_plus),
    ])
}

fn only_adults(mut masses: [f64; AGE_BANDS]) -> [f64; AGE_BANDS] {
    for (mass, age) in masses.iter_mut().zip(AgeBand::ALL) {
        if !age.is_adult() {
            *mass = 0.0;
        }
    }
    masses
}

/// `masses`, or, where a kind of people does not occur at all, something to keep the bounds well formed.
fn or_any_adult(masses: [f64; AGE_BANDS]) -> [f64; AGE_BANDS] {
    if masses.iter().sum::<f64>() > 1e-9 { masses } else { [0.0, 0.0, 1.0, 0.0, 0.0, 0.0] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(change: impl FnOnce(&mut settings::Population)) -> Option<String> {
        let mut settings = settings::Population::default();
        change(&mut settings);
        Composition::new(&settings).err().map(|fault| fault.key)
    }

    #[test]
    fn impossible_regions_are_refused() {
        assert_eq!(fault_of(|_| ()), None);
        let children = [0.5, 0.3, 0.1, 0.05, 0.03, 0.02].map(Share::of);
        assert_eq!(fault_of(|s| s.age_band_shares = children), Some("population.age_band_shares".into()));
        let few_old = [0.1, 0.1, 0.4, 0.39, 0.005, 0.005].map(Share::of);
        assert_eq!(fault_of(|s| s.age_band_shares = few_old), Some("population.alone_60_plus_share".into()));
        let young = [0.1, 0.1, 0.8, 0.0, 0.0, 0.0].map(Share::of);
        assert_eq!(fault_of(|s| s.age_band_shares = young), Some("population.alone_60_plus_share".into()));
    }

    #[test]
    fn everyone_may_live_alone() {
        let settings = settings::Population {
            household_size_shares: [1.0, 0.0, 0.0, 0.0, 0.0, 0.0].map(Share::of),
            age_band_shares: [0.0, 0.0, 0.3, 0.3, 0.3, 0.1].map(Share::of),
            alone_60_plus_share: Share::of(0.4),
            ..Default::default()
        };
        assert!(Composition::new(&settings).is_ok());
    }
}
