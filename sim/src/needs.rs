//! What households and residents need, and what they remember of it from day to day.

use passes::Purpose;
use rayon::prelude::*;

use crate::Population;
use crate::draw::{Stage, Streams, bounds, choose, scale};
use crate::settings::Activities;

/// Days until something is due: due at 0, where it stays until the trip is made.
pub(crate) type DaysLeft = u8;

/// The state of needs, in columns: what the intent of a day reads and writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needs {
    /// Each household's food.
    pub(crate) pantry: Vec<DaysLeft>,
    /// Each household's empty bin.
    pub(crate) rubbish: Vec<DaysLeft>,
    /// Each resident's prescription; matters to the chronically ill.
    pub(crate) prescription: Vec<DaysLeft>,
    /// Until when each resident is away or resting from a trip, in minutes after midnight; 0 for who can go out at once.
    pub(crate) away_min: Vec<u16>,
}

/// The needs of the households of one chunk and their members.
#[derive(Debug)]
pub(crate) struct NeedsMut<'a> {
    pub(crate) pantry: &'a mut [DaysLeft],
    pub(crate) rubbish: &'a mut [DaysLeft],
    pub(crate) prescription: &'a mut [DaysLeft],
    pub(crate) away_min: &'a mut [u16],
}

impl Needs {
    /// The needs on the first morning, as if the days before had been like any other.
    pub(crate) fn new(population: &Population, activities: &Activities, streams: &Streams) -> Self {
        let pantry = bounds(&pantry_weights(activities));
        let household = |household: u32| {
            let [_, food, bin, _] = streams.block(household, 0, Stage::Household, 0);
            (choose(&pantry, food) as u8, scale(bin, u32::from(activities.rubbish_every_days)) as u8)
        };
        let prescription = |resident: u32| {
            let [_, _, word, _] = streams.block(resident, 0, Stage::ResidentMore, 0);
            scale(word, u32::from(activities.prescription_days)) as u8
        };
        let (pantry, rubbish) = (0..population.households() as u32).into_par_iter().map(household).unzip();
        Needs {
            pantry,
            rubbish,
            prescription: (0..population.residents() as u32).into_par_iter().map(prescription).collect(),
            away_min: vec![0; population.residents()],
        }
    }

    /// The need for a trip that was not made after all is as it was: due.
    pub(crate) fn stays_unmet(&mut self, purpose: Purpose, household: usize, whose: usize) {
        match purpose {
            Purpose::Groceries => self.pantry[household] = 0,
            Purpose::Rubbish => self.rubbish[household] = 0,
            Purpose::Pharmacy => self.prescription[whose] = 0,
            Purpose::Pet | Purpose::Doctor | Purpose::Work | Purpose::Other => {}
        }
    }

    /// The needs in chunks of `households` each.
    pub(crate) fn chunks_mut<'a>(&'a mut self, population: &Population, households: usize) -> Vec<NeedsMut<'a>> {
        let mut rest = NeedsMut {
            pantry: &mut self.pantry,
            rubbish: &mut self.rubbish,
            prescription: &mut self.prescription,
            away_min: &mut self.away_min,
        };
        let mut chunks = Vec::new();
        let mut first = 0;
        while first < population.households() {
            let end = population.households().min(first + households);
            let residents = population.first_residents[end] - population.first_residents[first];
            let (chunk, others) = rest.split(end - first, residents as usize);
            chunks.push(chunk);
            (rest, first) = (others, end);
        }
        chunks
    }
}

impl<'a> NeedsMut<'a> {
    /// A day less of everything.
    pub(crate) fn end_day(&mut self) {
        for days in [&mut *self.pantry, &mut *self.rubbish, &mut *self.prescription].into_iter().flatten() {
            *days = days.saturating_sub(1);
        }
        for minutes in &mut *self.away_min {
            *minutes = minutes.saturating_sub(24 * 60);
        }
    }

    fn split(self, households: usize, residents: usize) -> (NeedsMut<'a>, NeedsMut<'a>) {
        let (pantry, pantry_rest) = self.pantry.split_at_mut(households);
        let (rubbish, rubbish_rest) = self.rubbish.split_at_mut(households);
        let (prescription, prescription_rest) = self.prescription.split_at_mut(residents);
        let (away_min, away_rest) = self.away_min.split_at_mut(residents);
        (
            NeedsMut { pantry, rubbish, prescription, away_min },
            NeedsMut {
                pantry: pantry_rest,
                rubbish: rubbish_rest,
                prescription: prescription_rest,
                away_min: away_rest,
            },
        )
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
