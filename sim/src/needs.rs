//! What households and residents need, and what they remember of it from day to day.

use passes::Purpose;

use crate::draw::{Stage, Streams, bounds, choose, scale};
use crate::population::People;
use crate::profile::{DAY_MS, MINUTE_MS};
use crate::settings::Activities;

/// Days until something is due: due at 0, where it stays until the trip is made.
pub(crate) type DaysLeft = u8;

/// The needs of the people of a cell, in columns: what the intent of a day reads and writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// Each household's food.
    pub(crate) pantry: Vec<DaysLeft>,
    /// Each household's empty bin.
    pub(crate) rubbish: Vec<DaysLeft>,
    /// Each resident's prescription; matters to the chronically ill.
    pub(crate) prescription: Vec<DaysLeft>,
    /// Whether each resident still wants an outing that was not made yesterday.
    pub(crate) wants_out: Vec<bool>,
    /// Until when each resident is away or resting from a trip, in minutes after midnight; 0 for who can go out at once.
    pub(crate) away_min: Vec<u16>,
}

impl Needs {
    /// The needs on the first morning, as if the days before had been like any other.
    pub(crate) fn new(people: &People, activities: &Activities, streams: &Streams) -> Self {
        let weights = bounds(&pantry_weights(activities));
        let (mut pantry, mut rubbish) = (Vec::new(), Vec::new());
        for household in (people.first_household..).take(people.count_households()) {
            let [_, food, bin, _] = streams.block(household, 0, Stage::Household, 0);
            pantry.push(choose(&weights, food) as u8);
            rubbish.push(scale(bin, u32::from(activities.rubbish_every_days)) as u8);
        }
        let residents = people.residents.len();
        let prescription = |resident: u32| {
            let [_, _, word, _] = streams.block(resident, 0, Stage::ResidentMore, 0);
            scale(word, u32::from(activities.prescription_days)) as u8
        };
        Needs {
            pantry,
            rubbish,
            prescription: (people.first_resident..).take(residents).map(prescription).collect(),
            wants_out: vec![false; residents],
            away_min: vec![0; residents],
        }
    }

    /// The need for a trip that was not made after all is as it was: due.
    pub(crate) fn stays_unmet(&mut self, purpose: Purpose, household: u16, whose: u16) {
        match purpose {
            Purpose::Groceries => self.pantry[usize::from(household)] = 0,
            Purpose::Rubbish => self.rubbish[usize::from(household)] = 0,
            Purpose::Pharmacy => self.prescription[usize::from(whose)] = 0,
            Purpose::Pet | Purpose::Doctor | Purpose::Work | Purpose::Other => {}
        }
    }

    /// A resident will not be home before `home_ms` after the midnight of the day that is being resolved, when [`Needs::end_day`] has
    /// gone over to the next already.
    pub(crate) fn is_away_until(&mut self, resident: u16, home_ms: u32) {
        let home_min = home_ms.saturating_sub(DAY_MS).div_ceil(MINUTE_MS);
        let away_min = &mut self.away_min[usize::from(resident)];
        *away_min = (*away_min).max(u16::try_from(home_min).unwrap_or(u16::MAX));
    }

    /// A day less of everything.
    #[inline(never)]
    pub(crate) fn end_day(&mut self) {
        for days in [&mut self.pantry, &mut self.rubbish, &mut self.prescription] {
            days.iter_mut().for_each(|days| *days = days.saturating_sub(1));
        }
        self.away_min.iter_mut().for_each(|minutes| *minutes = minutes.saturating_sub(24 * 60));
    }
}

/// How many households have food for 0, 1, 2 .. days on an ordinary morning, when each shops for a uniform number of days between
/// the least and the most: as many as shop for longer than that.
fn pantry_weights(activities: &Activities) -> Vec<f64> {
    let (least, most) = (activities.pantry_least_days, activities.pantry_most_days);
    (0..most).map(|days| f64::from(most - days.max(least - 1))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_mornings_follow_from_shopping_for_two_to_five_days() {
        assert_eq!(pantry_weights(&Activities::default()), [4.0, 4.0, 3.0, 2.0, 1.0]);
    }
}
