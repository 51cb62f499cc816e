//! How residents stand with the service: registered or not, the passes they hold, and what they have learnt.

use std::ops::Range;

use passes::Purpose;

use crate::keep::keep;
use crate::long_passes::LongPasses;
use crate::population::People;
use crate::uptake::{Ms, Uptake};

/// Milliseconds to the unit of a column of times: a tenth of a second in 30 bits reaches beyond three years.
const UNIT_MS: Ms = 100;
const TIME: u32 = (1 << 30) - 1;
/// Set when the resident is registered.
const REGISTERED: u32 = 1 << 31;
/// Set when the resident will not register of their own accord, but for a trip at most.
const ONLY_FOR_A_TRIP: u32 = 1 << 30;
/// Set in a pass that the service annuls.
const ANNULLED: u32 = 1 << 3;

/// The state of every resident with the service, in columns: what resolution writes, and the next day's intent reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// When each resident registered, or, before that, will first turn to the service, with the flags above. Of those who have not
    /// registered and will, the smaller number comes first.
    contact: Vec<u32>,
    /// None of these is smaller.
    next_contact: u32,
    /// The minute at which each resident's latest pass ends, its purpose and whether it is annulled; 0 without one.
    latest: Vec<u32>,
    /// The same of passes that hold longer than a day, so that errands do not displace them.
    long: LongPasses,
    /// Passes that begin after the day on which they were issued: whose, for what, and the first minute. They are few.
    upcoming: Vec<(u16, Purpose, u32)>,
    /// Annulments that come after the day on which the pass was issued: whose, for what, and the first minute; the latest last.
    annulments: Vec<(u16, Purpose, u32)>,
    /// What each household has learnt: which lesson, and for how many days more.
    lessons: Vec<u8>,
}

/// A pass as its holder knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// When it ends, in minutes after the first midnight.
    pub(crate) until_min: u32,
    /// Whether the service has annulled it, which the holder does not know.
    pub(crate) is_annulled: bool,
}

/// What a household has learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lesson {
    /// Never go without a pass.
    Ask,
    /// Passes are not to be had.
    GoWithout,
}

impl Standing {
    /// Before the first day. Who would have registered earlier has done so.
    pub(crate) fn new(people: &People, uptake: &Uptake) -> Self {
        let contact = |(index, resident): (usize, &crate::population::Resident)| {
            let compliance = people.compliance[index];
            if !uptake.may_turn(compliance) {
                return ONLY_FOR_A_TRIP | TIME;
            }
            let number = people.first_resident + index as u32;
            let at_ms = uptake.first_contact_ms(number, *resident);
            let at = u32::try_from(at_ms.max(0) / UNIT_MS).unwrap_or(TIME).min(TIME);
            match uptake.registers(*resident, compliance) {
                true if at == 0 => REGISTERED,
                true => at,
                false => at | ONLY_FOR_A_TRIP,
            }
        };
        let residents = people.residents.len();
        Standing {
            next_contact: 0,
            contact: people.residents.iter().enumerate().map(contact).collect(),
            latest: vec![0; residents],
            long: LongPasses::default(),
            upcoming: Vec::new(),
            annulments: Vec::new(),
            lessons: vec![0; people.count_households()],
        }
    }

    pub(crate) fn is_registered(&self, resident: u16) -> bool {
        self.contact[usize::from(resident)] & REGISTERED != 0
    }

    /// Looks at what is known of every `resident`, which brings it into the processor's cache; the number means nothing.
    #[inline]
    pub(crate) fn glance(&self, resident: u16) -> u32 {
        let resident = usize::from(resident);
        self.contact[resident] ^ self.latest[resident]
    }

    /// When `resident` registered, or, before that, will first turn to the service; `None` for who will not.
    pub(crate) fn contact_ms(&self, resident: u16) -> Option<Ms> {
        let at = self.contact[usize::from(resident)] & TIME;
        (at != TIME).then(|| Ms::from(at) * UNIT_MS)
    }

    /// Puts those who register of their own accord before `until_ms` into `residents`, in order.
    pub(crate) fn registering(&mut self, until_ms: Ms, residents: &mut Vec<u16>) {
        let limit = (until_ms / UNIT_MS).min(Ms::from(TIME)) as u32;
        residents.clear();
        // On most days nobody does, and to know that one need not look.
        if self.next_contact < limit {
            keep(residents, &self.contact, |contact| *contact < limit);
            // Who is found may fail, and is to be found again.
            self.next_contact =
                if residents.is_empty() { self.contact.iter().copied().min().unwrap_or(TIME) } else { 0 };
        }
    }

    pub(crate) fn register(&mut self, resident: u16, at_ms: Ms) {
        // Rounded up: what counts as after the registration must be so.
        let at = ((at_ms.max(0) + UNIT_MS - 1) / UNIT_MS) as u32;
        self.contact[usize::from(resident)] = at.min(TIME) | REGISTERED;
    }

    /// Notes that `resident` will not try to register again of their own accord.
    pub(crate) fn gives_up_registering(&mut self, resident: u16) {
        self.contact[usize::from(resident)] |= ONLY_FOR_A_TRIP;
    }

    /// The pass for `purpose` that `resident` holds and that ends last.
    pub(crate) fn held(&self, resident: u16, purpose: Purpose) -> Option<Held> {
        let passes = std::iter::once(&self.latest[usize::from(resident)]).chain(self.long.of(resident));
        let of_purpose = passes.filter(|pass| **pass != 0 && **pass & 7 == purpose as u32);
        let held = of_purpose.map(|pass| Held { until_min: pass >> 4, is_annulled: pass & ANNULLED != 0 });
        held.max_by_key(|held| held.until_min)
    }

    /// Whether some pass of `resident`, for whatever purpose, ends after `minute`.
    #[inline]
    pub(crate) fn holds_any(&self, resident: u16, minute: u32) -> bool {
        let ends_later = |pass: &u32| pass >> 4 > minute;
        ends_later(&self.latest[usize::from(resident)]) || self.long.of(resident).iter().any(ends_later)
    }

    /// The passes that hold longer than a day and end between two minutes: whose, for what, and when, by resident.
    pub(crate) fn ending(&self, minutes: Range<u32>) -> Vec<(u16, Purpose, u32)> {
        let ending = self.long.iter().filter(|(_, pass)| minutes.contains(&(pass >> 4)));
        ending.map(|(resident, pass)| (resident, Purpose::ALL[(pass & 7) as usize], pass >> 4)).collect()
    }

    /// Notes that `resident` has a pass; rounded down to the minute.
    pub(crate) fn hold(&mut self, resident: u16, purpose: Purpose, held: Held, is_long: bool) {
        let annulled = if held.is_annulled { ANNULLED } else { 0 };
        let pass = held.until_min.min(u32::MAX >> 4) << 4 | annulled | purpose as u32;
        match is_long {
            true => self.long.put(resident, pass),
            false => self.latest[usize::from(resident)] = pass,
        }
    }

    /// Notes that the pass just noted begins at a minute of a later day; rounded up to the minute.
    pub(crate) fn begins_later(&mut self, resident: u16, purpose: Purpose, from_min: u32) {
        self.upcoming.push((resident, purpose, from_min));
    }

    /// Whether a pass of `resident` for `purpose` begins after `minute`.
    #[inline]
    pub(crate) fn begins_after(&self, resident: u16, purpose: Purpose, minute: u32) -> bool {
        self.upcoming.iter().any(|(who, what, from_min)| (*who, *what) == (resident, purpose) && *from_min > minute)
    }

    /// Passes that begin by `minute` are like any others from then on, and those annulled by then have long been so.
    pub(crate) fn begin(&mut self, minute: u32) {
        self.upcoming.retain(|(_, _, from_min)| *from_min > minute);
        self.annulments.retain(|(_, _, from_min)| *from_min > minute);
    }

    /// Notes that the pass just noted is annulled from a minute of a later day on; rounded up to the minute.
    pub(crate) fn annulled_later(&mut self, resident: u16, purpose: Purpose, from_min: u32) {
        self.annulments.push((resident, purpose, from_min));
    }

    /// From which minute on the annulled pass of `resident` for `purpose` is so; none when it was on a day before.
    pub(crate) fn annulled_from(&self, resident: u16, purpose: Purpose) -> Option<u32> {
        // Of an older pass for the same it was earlier.
        let mut latest_first = self.annulments.iter().rev();
        latest_first.find(|(who, what, _)| (*who, *what) == (resident, purpose)).map(|(_, _, from_min)| *from_min)
    }

    /// Notes that `resident` has no pass for `purpose` any more: it was given back, or found annulled.
    pub(crate) fn lose(&mut self, resident: u16, purpose: Purpose) {
        let latest = &mut self.latest[usize::from(resident)];
        if *latest & 7 == purpose as u32 {
            *latest = 0;
        }
        self.long.remove(resident, purpose as u32);
    }

    /// Whether the household remembers something it has learnt.
    #[inline]
    pub(crate) fn has_learnt(&self, household: u16) -> bool {
        self.lessons[usize::from(household)] != 0
    }

    /// What the household has learnt, while it remembers.
    #[inline]
    pub(crate) fn lesson(&self, household: u16) -> Option<Lesson> {
        match self.lessons[usize::from(household)] {
            0 => None,
            lesson if lesson & 0x40 == 0 => Some(Lesson::Ask),
            _ => Some(Lesson::GoWithout),
        }
    }

    /// The household learns for so many days after today (at most 62).
    pub(crate) fn learn(&mut self, household: u16, lesson: Lesson, days: u8) {
        let which = if lesson == Lesson::GoWithout { 0x40 } else { 0 };
        self.lessons[usize::from(household)] = if days == 0 { 0 } else { (days + 1).min(0x3f) | which };
    }

    /// A day has passed since lessons were learnt.
    pub(crate) fn end_day(&mut self) {
        for lesson in &mut self.lessons {
            let days = *lesson & 0x3f;
            *lesson = if days <= 1 { 0 } else { *lesson - 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing() -> Standing {
        Standing {
            contact: vec![600, ONLY_FOR_A_TRIP | 10],
            next_contact: 0,
            latest: vec![0; 2],
            long: LongPasses::default(),
            upcoming: Vec::new(),
            annulments: Vec::new(),
            lessons: vec![0; 2],
        }
    }

    #[test]
    fn who_registers_of_their_own_accord_is_found_in_time() {
        let mut standing = standing();
        let mut registering = Vec::new();
        standing.registering(60_000, &mut registering);
        assert!(registering.is_empty());
        standing.registering(60_001 + UNIT_MS, &mut registering);
        assert_eq!(registering, [0]);
        standing.register(0, 60_050);
        assert!(standing.is_registered(0) && standing.contact_ms(0) == Some(60_100));
        standing.registering(1_000_000, &mut registering);
        assert!(registering.is_empty());
    }

    #[test]
    fn an_errand_does_not_displace_a_long_pass() {
        let mut standing = standing();
        let held = |until_min| Held { until_min, is_annulled: false };
        standing.hold(0, Purpose::Work, held(40_000), true);
        standing.hold(0, Purpose::Groceries, held(700), false);
        assert_eq!(standing.held(0, Purpose::Work), Some(held(40_000)));
        assert_eq!(standing.held(0, Purpose::Groceries), Some(held(700)));
        standing.hold(0, Purpose::Doctor, held(40_500), true);
        assert_eq!(standing.held(0, Purpose::Work), Some(held(40_000)), "nor does another long one");
        assert_eq!(standing.ending(39_000..40_500), [(0, Purpose::Work, 40_000)]);
        standing.lose(0, Purpose::Groceries);
        assert_eq!(standing.held(0, Purpose::Groceries), None);
        assert!(standing.held(0, Purpose::Work).is_some());
    }

    #[test]
    fn an_annulment_comes_at_its_hour() {
        let mut standing = standing();
        standing.annulled_later(0, Purpose::Work, 2_000);
        standing.annulled_later(0, Purpose::Work, 3_000);
        assert_eq!(standing.annulled_from(0, Purpose::Work), Some(3_000), "the latest pass is the one that is held");
        assert_eq!(
            (standing.annulled_from(0, Purpose::Doctor), standing.annulled_from(1, Purpose::Work)),
            (None, None)
        );
        standing.begin(2_880);
        assert_eq!(standing.annulled_from(0, Purpose::Work), Some(3_000));
        standing.begin(3_000);
        assert_eq!(standing.annulled_from(0, Purpose::Work), None);
    }

    #[test]
    fn lessons_are_forgotten_in_time() {
        let mut standing = standing();
        standing.learn(1, Lesson::GoWithout, 1);
        assert_eq!(standing.lesson(1), Some(Lesson::GoWithout));
        standing.end_day();
        assert_eq!(standing.lesson(1), Some(Lesson::GoWithout));
        standing.end_day();
        assert_eq!(standing.lesson(1), None);
        standing.learn(1, Lesson::Ask, 1);
        assert_eq!((standing.lesson(0), standing.lesson(1)), (None, Some(Lesson::Ask)));
    }
}
