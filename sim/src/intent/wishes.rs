//! When, for how long and how far residents would go out, if there were no policy.

use passes::Purpose;

use super::errands::Errand;
use super::{Desk, Planner};
use crate::draw::{Chance, Stage, Streams, scale};
use crate::plan::purpose_of;
use crate::profile::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Items of one purpose are told apart above these bits.
const ITEM_SHIFT: u16 = 3;
const METRES_TO_DAM: u32 = 10;

/// A trip that a resident would make if there were no policy. Residents and households are counted within the cell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wish {
    /// Milliseconds after midnight.
    pub(super) departs_ms: u32,
    pub(super) length_ms: u32,
    /// The time on the street on the way there, and again on the way back.
    pub(super) leg_ms: u32,
    /// Tens of metres.
    pub(super) distance_dam: u16,
    pub(super) household: u16,
    pub(super) resident: u16,
    /// Whose need it meets: the resident's own, or that of a small child.
    pub(super) whose: u16,
    pub(super) destination: u16,
    /// Tells the trip's random numbers from those of other trips of the resident and day; its low bits are the purpose.
    pub(super) item: u16,
    /// Which stop of its tour it is.
    pub(super) stop: u8,
    /// Whether it may follow another trip without going home between.
    pub(super) may_chain: bool,
    /// Whether officers may stop the resident: the hour decides.
    pub(super) may_be_stopped: bool,
}

impl Wish {
    #[inline]
    pub(super) fn purpose(&self) -> Purpose {
        purpose_of(self.item)
    }

    /// The number of the purpose, as it stands in the row of a trip.
    #[inline]
    pub(super) fn purpose_number(&self) -> u16 {
        self.item & 7
    }

    pub(super) fn distance_m(&self) -> u32 {
        u32::from(self.distance_dam) * METRES_TO_DAM
    }

    /// Whether it begins on this day.
    #[inline]
    pub(super) fn fits(&self) -> bool {
        self.departs_ms < DAY_MS
    }

    /// It begins at home, not before the resident is there and rested.
    #[inline]
    pub(super) fn put_off(&mut self, away_min: u16) {
        self.stop = 0;
        self.departs_ms = self.departs_ms.max(u32::from(away_min) * MINUTE_MS);
    }

    /// When the resident is home again and rested, in minutes after midnight.
    #[inline]
    pub(super) fn home_min(&self, gap_ms: u32) -> u16 {
        (self.departs_ms + self.length_ms + gap_ms).div_ceil(MINUTE_MS) as u16
    }
}

/// Room for the trips of one purpose, in columns, by errand.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    /// Random words, where what is looked up is not what was drawn.
    words: Vec<u32>,
    departs_ms: Vec<u32>,
    lengths_ms: Vec<u32>,
    /// Within the own place.
    distances_m: Vec<u32>,
}

impl Planner<'_> {
    /// Draws the trips of all errands and puts the wishes on the desk by resident, otherwise in no order.
    pub(super) fn draw_wishes(&mut self, desk: &mut Desk) {
        make_room(desk, &self.needs.away_min);
        for purpose in Purpose::ALL {
            self.draw_words(desk, purpose);
            self.draw_departures(desk, purpose);
            match purpose {
                Purpose::Work | Purpose::Other => self.go_somewhere(desk, purpose),
                _ => self.stay_near(desk, purpose),
            }
        }
        self.meet_needs(desk);
    }

    fn draw_words(&self, desk: &mut Desk, purpose: Purpose) {
        let Desk { errands, entries, trip_words, .. } = desk;
        let (first, day) = (self.people.first_resident, self.today.day);
        let entry = |errand: &Errand| Streams::entry(first + u32::from(errand.resident), day, item(purpose, errand));
        entries.clear();
        entries.extend(errands[purpose as usize].iter().map(entry));
        self.world.streams.fill_items(trip_words, entries, Stage::Trip);
    }

    /// When residents leave for a purpose.
    fn draw_departures(&self, desk: &mut Desk, purpose: Purpose) {
        let Desk { errands, trip_words, drawn: Drawn { words, departs_ms, .. }, .. } = desk;
        let errands = errands[purpose as usize].iter();
        let [departs, ..] = trip_words.columns();
        let timing = &self.world.timing;
        words.clear();
        match purpose {
            // At the same time every day, within some minutes.
            Purpose::Work => {
                let jitter_ms = self.world.activities.work_jitter_min * MINUTE_MS;
                departs_ms.clear();
                departs_ms.extend(errands.zip(departs).map(|(errand, departs)| {
                    let usual_ms = timing.usual_ms(self.people.residents[usize::from(errand.resident)].shift());
                    (usual_ms + scale(*departs, 2 * jitter_ms + 1)).saturating_sub(jitter_ms).min(DAY_MS - 1)
                }));
            }
            // The walks of a day are spread over it: each has its own part of the profile.
            Purpose::Pet => {
                let walks = u64::from(self.world.activities.dog_walks_per_day.max(1));
                let part = |number: u8| (u64::from(number) << 32) / walks;
                let parts: [u64; 5] = std::array::from_fn(|number| part(number as u8));
                words.extend(errands.zip(departs).map(|(errand, departs)| {
                    let begins = parts[usize::from(errand.number & 3)];
                    (begins + ((u64::from(*departs) * parts[1]) >> 32)) as u32
                }));
                timing.departures_ms(purpose, words, departs_ms);
            }
            // Whoever may go on from a shop and does not shop today goes like the others.
            Purpose::Pharmacy => {
                let chains = self.world.chances.chains;
                words.extend(
                    departs.iter().map(
                        |word| {
                            if chains.holds(*word) { chains.within(*word) } else { chains.beyond(*word) }
                        },
                    ),
                );
                timing.departures_ms(purpose, words, departs_ms);
            }
            Purpose::Groceries => {
                timing.departures_ms(purpose, departs, departs_ms);
                self.set_out_to_stock_up(desk);
            }
            _ => timing.departures_ms(purpose, departs, departs_ms),
        }
    }

    /// To the nearest shop or surgery, or out of doors near home.
    fn stay_near(&mut self, desk: &mut Desk, purpose: Purpose) {
        let Desk { errands, trip_words, drawn, wishes, bounds, counts, .. } = desk;
        let (timing, people) = (&self.world.timing, self.people);
        let [departs, stays, goes, meets] = trip_words.columns();
        timing.lengths_ms(purpose, stays, &mut drawn.lengths_ms);
        timing.distances_m(purpose, goes, &mut drawn.distances_m);
        let latest_ms = self.latest_ms();
        let leg_ms = match purpose {
            // Out of doors all the time.
            Purpose::Pet | Purpose::Rubbish => DAY_MS,
            _ => self.world.activities.local_leg_min * MINUTE_MS,
        };
        let chains = if purpose == Purpose::Pharmacy { self.world.chances.chains } else { Chance::default() };
        let times = drawn.departs_ms.iter().zip(&drawn.lengths_ms).zip(&drawn.distances_m);
        let words = departs.iter().zip(meets);
        for ((errand, ((departs_ms, length_ms), distance_m)), (departs, meets)) in
            errands[purpose as usize].iter().zip(times).zip(words)
        {
            let leg_ms = leg_ms.min(length_ms / 2);
            self.put(
                (wishes, bounds, counts),
                latest_ms,
                Wish {
                    departs_ms: *departs_ms,
                    length_ms: *length_ms,
                    leg_ms,
                    distance_dam: dam(*distance_m),
                    household: errand.household,
                    resident: errand.resident,
                    whose: errand.whose,
                    destination: people.places[usize::from(errand.household)],
                    item: item(purpose, errand),
                    stop: 0,
                    may_chain: chains.holds(*departs),
                    may_be_stopped: self.world.patrol.may_stop(2 * leg_ms, *meets),
                },
            );
        }
    }

    /// To some place by gravity: the own one or another, to work, or out of doors all the time on visits, strolls, to the dacha.
    fn go_somewhere(&mut self, desk: &mut Desk, purpose: Purpose) {
        let Desk { errands, trip_words, drawn, wishes, bounds, counts, .. } = desk;
        let (timing, atlas, people) = (&self.world.timing, &self.world.atlas, self.people);
        let Drawn { words, departs_ms, lengths_ms, distances_m } = drawn;
        let [_, stays, goes, meets] = trip_words.columns();
        timing.lengths_ms(purpose, stays, lengths_ms);
        // Reckoned in any case: that costs less than to guess who stays in the own place.
        words.clear();
        words.extend(goes.iter().map(|word| atlas.within_own(*word)));
        timing.distances_m(purpose, words, distances_m);
        let latest_ms = self.latest_ms();
        let local_leg_ms =
            if purpose == Purpose::Other { DAY_MS } else { self.world.activities.local_leg_min * MINUTE_MS };
        let times = departs_ms.iter().zip(lengths_ms).zip(distances_m);
        let words = goes.iter().zip(meets);
        for ((errand, ((departs_ms, stay_ms), within_m)), (goes, meets)) in
            errands[purpose as usize].iter().zip(times).zip(words)
        {
            let to = atlas.destination(people.places[usize::from(errand.household)], *goes);
            let length_ms = DAY_MS.min(*stay_ms + 2 * to.travel_ms);
            let leg_ms = (local_leg_ms + to.travel_ms).min(length_ms / 2);
            self.put(
                (wishes, bounds, counts),
                latest_ms,
                Wish {
                    departs_ms: *departs_ms,
                    length_ms,
                    leg_ms,
                    distance_dam: dam(if to.is_own { *within_m } else { to.distance_m }),
                    household: errand.household,
                    resident: errand.resident,
                    whose: errand.whose,
                    destination: to.place,
                    item: item(purpose, errand),
                    stop: 0,
                    may_chain: false,
                    may_be_stopped: self.world.patrol.may_stop(2 * leg_ms, *meets),
                },
            );
        }
    }

    /// Who is back by then is rested when the next day begins, in milliseconds after midnight.
    fn latest_ms(&self) -> u32 {
        DAY_MS.saturating_sub(self.world.activities.gap_min * MINUTE_MS)
    }

    /// Puts a wish where it belongs.
    #[inline]
    fn put(&mut self, (wishes, bounds, counts): (&mut [Wish], &mut [u16], &[u8]), latest_ms: u32, wish: Wish) {
        let resident = usize::from(wish.resident);
        // Of a wish that stays as it is one need only know when it keeps the resident beyond the day, as hardly any does.
        if wish.departs_ms + wish.length_ms > latest_ms && counts[resident] == 1 {
            self.needs.away_min[resident] = wish.home_min(DAY_MS - latest_ms);
        }
        let at = &mut bounds[resident + 1];
        wishes[usize::from(*at)] = wish;
        *at += 1;
    }

    /// Every errand meets its need; those that come to nothing will put it back.
    fn meet_needs(&mut self, desk: &Desk) {
        let of = |purpose: Purpose| desk.errands[purpose as usize].iter();
        for errand in of(Purpose::Groceries) {
            self.needs.pantry[usize::from(errand.household)] = errand.lasts_days;
        }
        for errand in of(Purpose::Rubbish) {
            self.needs.rubbish[usize::from(errand.household)] = errand.lasts_days;
        }
        for errand in of(Purpose::Pharmacy) {
            self.needs.prescription[usize::from(errand.whose)] = errand.lasts_days;
        }
    }

    /// Whoever stocks up sets out within an hour of the news, unless the usual time is yet to come.
    fn set_out_to_stock_up(&self, desk: &mut Desk) {
        let Desk { stocking, errands, drawn, household_words, .. } = desk;
        // Those who stock up are the last on the list.
        for (errand, departs_ms) in errands[Purpose::Groceries as usize].iter().zip(&mut drawn.departs_ms).rev() {
            let Ok(at) = stocking.binary_search_by_key(&errand.household, |(household, _)| *household) else { break };
            let [.., refill] = household_words.at(usize::from(errand.household));
            *departs_ms = (*departs_ms).max(stocking[at].1 + scale(refill, HOUR_MS));
        }
    }
}

#[inline]
fn item(purpose: Purpose, errand: &Errand) -> u16 {
    purpose as u16 | u16::from(errand.number) << ITEM_SHIFT
}

/// A distance as it is kept.
#[inline]
fn dam(distance_m: u32) -> u16 {
    (distance_m / METRES_TO_DAM).min(u32::from(u16::MAX)) as u16
}

/// Counts how many wishes each resident will have, which tells where they belong: a counting sort. Who is still away from the day before
/// counts as having one more, since the only wish of a resident who is not can stay as it is drawn.
fn make_room(desk: &mut Desk, away_min: &[u16]) {
    let Desk { errands, wishes, counts, bounds, .. } = desk;
    counts.clear();
    counts.resize(away_min.len(), 0);
    for errand in errands.iter().flatten() {
        counts[usize::from(errand.resident)] += 1;
    }
    let mut sum = 0;
    bounds.clear();
    bounds.push(0);
    bounds.extend(counts.iter().map(|count| {
        // Where the resident's wishes begin; each that is put there moves it on, so that it comes to lie where they end.
        let begins = sum;
        sum += u16::from(*count);
        begins
    }));
    wishes.resize(usize::from(sum), Wish::default());
    counts.iter_mut().zip(away_min).for_each(|(count, away_min)| *count += u8::from(*away_min > 0));
}
