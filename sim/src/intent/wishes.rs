//! When, for how long and how far residents would go out, if there were no policy.

use passes::Purpose;

use super::errands::Errand;
use super::{Desk, Planner};
use crate::draw::{Stage, Streams, Words, scale};
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
    /// Whether an outing not made today is still wanted tomorrow.
    pub(super) carries: bool,
    /// Whether officers may stop the resident: the hour decides.
    pub(super) may_be_stopped: bool,
}

impl Wish {
    #[inline]
    pub(super) fn purpose(&self) -> Purpose {
        Purpose::ALL[usize::from(self.item & 7)]
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

/// A wish's times and destination before the resident's other wishes have a say.
struct Drawn {
    departs_ms: u32,
    length_ms: u32,
    leg_ms: u32,
    destination: u16,
    distance_m: u32,
    may_chain: bool,
    carries: bool,
}

impl Planner<'_> {
    /// Draws the trips of all errands and puts the wishes on the desk by resident, otherwise in no order.
    pub(super) fn draw_wishes(&mut self, desk: &mut Desk) {
        desk.unsorted.clear();
        for purpose in Purpose::ALL {
            // A loop for each purpose: the code and tables of one stay at hand, and nothing is guessed.
            match purpose {
                Purpose::Groceries => {
                    self.draw(desk, purpose, |errand, words| self.errand_nearby(purpose, errand, words))
                }
                Purpose::Doctor => self.draw(desk, purpose, |errand, words| self.errand_nearby(purpose, errand, words)),
                Purpose::Pharmacy => self.draw(desk, purpose, |errand, words| self.pharmacy(errand, words)),
                Purpose::Pet => self.draw(desk, purpose, |errand, words| self.walk(errand, words)),
                Purpose::Rubbish => self.draw(desk, purpose, |errand, words| self.out_of_doors(purpose, errand, words)),
                Purpose::Work => self.draw(desk, purpose, |errand, words| self.work(errand, words)),
                Purpose::Other => self.draw(desk, purpose, |errand, words| self.outing(errand, words)),
            }
        }
        self.set_out_to_stock_up(desk);
        self.meet_needs(desk);
        sort_by_resident(desk, self.people.residents.len());
    }

    fn draw(&self, desk: &mut Desk, purpose: Purpose, drawn: impl Fn(&Errand, [u32; 4]) -> Drawn) {
        let Desk { errands, entries, trip_words, unsorted, .. } = desk;
        let errands = &errands[purpose as usize];
        self.draw_words(errands, purpose, entries, trip_words);
        unsorted.extend(errands.iter().enumerate().map(|(index, errand)| {
            let words = trip_words.at(index);
            let drawn = drawn(errand, words);
            let leg_ms = drawn.leg_ms.min(drawn.length_ms / 2);
            Wish {
                departs_ms: drawn.departs_ms,
                length_ms: drawn.length_ms,
                leg_ms,
                distance_dam: (drawn.distance_m / METRES_TO_DAM).min(u32::from(u16::MAX)) as u16,
                household: errand.household,
                resident: errand.resident,
                whose: errand.whose,
                destination: drawn.destination,
                item: item(purpose, errand),
                stop: 0,
                may_chain: drawn.may_chain,
                carries: drawn.carries,
                may_be_stopped: self.world.patrol.may_stop(2 * leg_ms, words[3]),
            }
        }));
    }

    fn draw_words(&self, errands: &[Errand], purpose: Purpose, entries: &mut Vec<[u32; 2]>, words: &mut Words) {
        let first = self.people.first_resident;
        entries.clear();
        entries.extend(
            errands.iter().map(|errand| {
                Streams::entry(first + u32::from(errand.resident), self.today.day, item(purpose, errand))
            }),
        );
        self.world.streams.fill_items(words, entries, Stage::Trip);
    }

    /// To the nearest shop or surgery.
    #[inline]
    fn errand_nearby(&self, purpose: Purpose, errand: &Errand, [departs, stays, goes, _]: [u32; 4]) -> Drawn {
        let timing = &self.world.timing;
        Drawn {
            departs_ms: timing.departure_ms(purpose, departs),
            length_ms: timing.length_ms(purpose, stays),
            leg_ms: self.world.activities.local_leg_min * MINUTE_MS,
            destination: self.people.places[usize::from(errand.household)],
            distance_m: timing.distance_m(purpose, goes),
            may_chain: false,
            carries: false,
        }
    }

    /// As to a shop; some go there from the shop.
    #[inline]
    fn pharmacy(&self, errand: &Errand, [departs, stays, goes, meets]: [u32; 4]) -> Drawn {
        let chains = self.world.chances.chains;
        let may_chain = chains.holds(departs);
        // Whoever may go on from a shop and does not shop today goes like the others.
        let departs = if may_chain { chains.within(departs) } else { chains.beyond(departs) };
        let drawn = self.errand_nearby(Purpose::Pharmacy, errand, [departs, stays, goes, meets]);
        Drawn { may_chain, ..drawn }
    }

    /// Out of doors all the time, near home.
    #[inline]
    fn out_of_doors(&self, purpose: Purpose, errand: &Errand, words: [u32; 4]) -> Drawn {
        Drawn { leg_ms: DAY_MS, ..self.errand_nearby(purpose, errand, words) }
    }

    /// The walks of a day are spread over it: each has its own part of the profile.
    #[inline]
    fn walk(&self, errand: &Errand, [departs, stays, goes, meets]: [u32; 4]) -> Drawn {
        let walks = u64::from(self.world.activities.dog_walks_per_day.max(1));
        let departs = (((u64::from(errand.number) << 32) + u64::from(departs)) / walks) as u32;
        self.out_of_doors(Purpose::Pet, errand, [departs, stays, goes, meets])
    }

    /// To work: at the same time every day, within some minutes.
    #[inline]
    fn work(&self, errand: &Errand, [departs, stays, goes, _]: [u32; 4]) -> Drawn {
        let shift = self.people.residents[usize::from(errand.resident)].shift_word();
        let usual_ms = self.world.timing.departure_ms(Purpose::Work, shift);
        let jitter_ms = self.world.activities.work_jitter_min * MINUTE_MS;
        let departs_ms = (usual_ms + scale(departs, 2 * jitter_ms + 1)).saturating_sub(jitter_ms).min(DAY_MS - 1);
        let to_work = self.somewhere(Purpose::Work, errand, stays, goes);
        Drawn { departs_ms, leg_ms: self.world.activities.local_leg_min * MINUTE_MS + to_work.leg_ms, ..to_work }
    }

    /// Visits, strolls, the dacha: out of doors all the time.
    #[inline]
    fn outing(&self, errand: &Errand, [departs, stays, goes, _]: [u32; 4]) -> Drawn {
        Drawn {
            departs_ms: self.world.timing.departure_ms(Purpose::Other, departs),
            leg_ms: DAY_MS,
            carries: self.world.chances.other_carry.holds(stays),
            ..self.somewhere(Purpose::Other, errand, stays, goes)
        }
    }

    /// To some place by gravity: the own one or another. The leg is the way between places.
    #[inline]
    fn somewhere(&self, purpose: Purpose, errand: &Errand, stays: u32, goes: u32) -> Drawn {
        let (timing, atlas) = (&self.world.timing, &self.world.atlas);
        let home = self.people.places[usize::from(errand.household)];
        let stay_ms = timing.length_ms(purpose, stays);
        let to = atlas.destination(home, goes);
        // Reckoned in any case: that costs less than to guess who stays in the own place.
        let within_m = timing.distance_m(purpose, atlas.within_own(goes));
        Drawn {
            departs_ms: 0,
            length_ms: DAY_MS.min(stay_ms + 2 * to.travel_ms),
            leg_ms: to.travel_ms,
            destination: to.place,
            distance_m: if to.is_own { within_m } else { to.distance_m },
            may_chain: false,
            carries: false,
        }
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
        for errand in of(Purpose::Other) {
            self.needs.wants_out[usize::from(errand.whose)] = false;
        }
    }

    /// Whoever stocks up sets out within an hour of the news, unless the usual time is yet to come.
    fn set_out_to_stock_up(&self, desk: &mut Desk) {
        let Desk { stocking, errands, unsorted, household_words, .. } = desk;
        // Those who shop are the first on the list, and those who stock up the last of them.
        let shopping = errands[Purpose::Groceries as usize].len();
        for wish in unsorted[..shopping].iter_mut().rev() {
            let Ok(at) = stocking.binary_search_by_key(&wish.household, |(household, _)| *household) else { break };
            let [.., refill] = household_words.at(usize::from(wish.household));
            wish.departs_ms = wish.departs_ms.max(stocking[at].1 + scale(refill, HOUR_MS));
        }
    }
}

#[inline]
fn item(purpose: Purpose, errand: &Errand) -> u16 {
    purpose as u16 | u16::from(errand.number) << ITEM_SHIFT
}

/// A counting sort: how many wishes each resident has tells where they belong.
fn sort_by_resident(desk: &mut Desk, residents: usize) {
    let Desk { unsorted, wishes, bounds, .. } = desk;
    bounds.clear();
    bounds.resize(residents + 1, 0);
    for wish in unsorted.iter() {
        bounds[usize::from(wish.resident) + 1] += 1;
    }
    let mut sum = 0;
    for bound in &mut bounds[1..] {
        // Where the resident's wishes begin; each that is put there moves it on, so that it comes to lie where they end.
        (*bound, sum) = (sum, sum + *bound);
    }
    wishes.resize(unsorted.len(), Wish::default());
    for wish in unsorted.iter() {
        let at = &mut bounds[usize::from(wish.resident) + 1];
        wishes[usize::from(*at)] = *wish;
        *at += 1;
    }
}
