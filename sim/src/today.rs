//! What is the same for everyone on one day.

use std::ops::Range;

use passes::{Permission, Purpose, SteadyPasses};

use crate::PassOutcome;
use crate::draw::Chance;
use crate::intent::Course;
use crate::service::Service;
use crate::settings::Behaviour;
use crate::uptake::{DAY_MS, Ms};
use crate::world::{Chances, World};

/// Needs that are drawn anew each day for each resident, in the order of a block's words.
pub(crate) const DOCTOR: u8 = 1;
pub(crate) const PHARMACY: u8 = 1 << 1;
pub(crate) const WORK: u8 = 1 << 2;
pub(crate) const OTHER: u8 = 1 << 3;
/// All for which residents go out.
pub(crate) const GOES_OUT: u8 = DOCTOR | PHARMACY | WORK | OTHER;
/// An outing for other purposes that a resident does without in obedience to the policy, instead of the need for one.
pub(crate) const STAYS_IN: u8 = 1 << 4;
/// An outing that the resident does without today, if there is one, is still wanted tomorrow.
pub(crate) const CARRIES: u8 = 1 << 5;

/// A day, and what follows from its date.
pub(crate) struct Today {
    pub(crate) day: u16,
    /// The midnight that begins it.
    pub(crate) day_ms: Ms,
    pub(crate) likely: Likely,
    /// How many of the 65,536 ranks of compliance do without outings for other purposes, whatever else happens: none, unless these are
    /// forbidden all day.
    pub(crate) stay_in: u32,
    /// What there is to say of trips for each purpose.
    pub(crate) terms: [Terms; Purpose::ALL.len()],
    /// Whether households may be hearing of the decree, so that some stock up.
    pub(crate) hears_news: bool,
    /// The random words of those who are patients; `None` when there are none.
    pub(crate) patients: Option<Range<u32>>,
    /// Whether some gate is manned.
    pub(crate) has_gates: bool,
    /// How many of today's requests for a pass are malformed.
    pub(crate) malformed: Chance,
    /// How long every answer takes; `None` where a request can fail.
    pub(crate) sure_answer_ms: Option<i32>,
}

/// How likely each daily need is, for each kind of resident: the half of a random word below which it is there. Whom no line here is about
/// has no such need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likely {
    pub(crate) doctor: u32,
    /// The same for the chronically ill.
    pub(crate) chronic_doctor: u32,
    /// For who is not chronically ill: those go when the prescription ends.
    pub(crate) pharmacy: u32,
    /// For who works on site.
    pub(crate) work: u32,
    /// For who does so in shifts of two days, weekends or not; on days off the need is passed over.
    pub(crate) rotating_work: u32,
    /// For pupils.
    pub(crate) school: u32,
    /// For residents of 7 and older.
    pub(crate) other: u32,
}

impl Likely {
    fn new(chances: &Chances, is_weekend: bool) -> Self {
        let (work, school) =
            if is_weekend { (chances.work_weekend, Chance::default()) } else { (chances.work_weekday, chances.school) };
        Likely {
            doctor: chances.doctor.half(),
            chronic_doctor: chances.chronic_doctor.half(),
            pharmacy: chances.pharmacy.half(),
            work: work.half(),
            rotating_work: chances.work_weekday.half(),
            school: school.half(),
            other: chances.other.half(),
        }
    }
}

/// What there is to say of all trips for a purpose on a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// What the policy says, if it says the same of all of them all day.
    pub(crate) permission: Option<Permission>,
    /// What comes of the wish of a resident who has learnt nothing and meets no officer: one thing for those who comply.
    pub(crate) within: Course,
    /// Another for those who do not.
    pub(crate) beyond: Course,
    /// How many of the 65,536 ranks of compliance comply.
    pub(crate) ranks: u32,
    /// What is told to every request for a pass for a trip of today, if nothing stands in the way of any and nothing between asking and
    /// leaving can change it: then nobody needs to wait and see.
    pub(crate) passes: Option<PassTerms>,
}

/// What passes of a purpose are like today, all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PassTerms {
    /// How long before its start one may be asked for.
    pub(crate) advance_ms: i32,
    pub(crate) length_ms: i32,
    /// How long it takes from asking to the pass.
    pub(crate) answer_ms: i32,
}

impl Terms {
    fn new(world: &World<'_>, purpose: Purpose, permission: Option<Permission>, passes: Option<PassTerms>) -> Self {
        let (without, never) = (Course::Goes(PassOutcome::Without), Chance::default());
        let (within, beyond, complies) = match permission {
            None => (Course::IsOpen, Course::IsOpen, never),
            Some(Permission::Free) => (Course::IsOpen, Course::Goes(PassOutcome::NotNeeded), never),
            Some(Permission::Forbidden(_)) => (Course::StaysAtHome, without, world.chances.obeys),
            Some(Permission::NeedsPass) => (Course::IsOpen, without, world.chances.seeks[purpose as usize]),
        };
        Terms { permission, within, beyond, ranks: complies.ranks(), passes }
    }
}

impl Today {
    /// From when on anything happens on account of this day, in milliseconds after its midnight: not before the first midnight, nor
    /// before the day before this one, which observers have seen.
    pub(crate) fn begins_ms(&self) -> i32 {
        if self.day == 0 { 0 } else { -(DAY_MS as i32) }
    }
}

impl PassTerms {
    /// None for passes that last longer than a day: those are remembered in another way.
    fn new(passes: SteadyPasses, answer_ms: i32) -> Option<Self> {
        let SteadyPasses { advance_s, length_s } = passes;
        let ms = |seconds: i64| (seconds * 1_000).min(DAY_MS) as i32;
        (length_s * 1_000 <= DAY_MS).then(|| PassTerms {
            advance_ms: ms(advance_s),
            length_ms: ms(length_s),
            answer_ms,
        })
    }
}

impl Today {
    /// The day as it will be in `world`, where `service` answers.
    pub(crate) fn new(world: &World<'_>, service: &Service, day: u16) -> Self {
        let day_ms = Ms::from(day) * DAY_MS;
        let [from_s, until_s] = [day_ms, day_ms + DAY_MS].map(|at_ms| world.unix_s(at_ms));
        let malformed = malformed(world.behaviour, world.uptake.days_open(day_ms));
        let has_gates = world.gates.iter().any(|gate| gate.is_manned_between(day_ms, day_ms + DAY_MS));
        let sure_answer_ms = service.sure_answer_ms(world.time_out_ms()).and_then(|ms| i32::try_from(ms).ok());
        let answer_ms = sure_answer_ms.filter(|_| malformed.is_never() && !has_gates);
        let passes = |purpose| PassTerms::new(world.rules.steady_passes(purpose, from_s, until_s)?, answer_ms?);
        let terms = Purpose::ALL.map(|purpose| {
            Terms::new(world, purpose, world.rules.verdict_all_day(purpose, from_s, until_s), passes(purpose))
        });
        let outings = &terms[Purpose::Other as usize];
        Today {
            day,
            day_ms,
            stay_in: if outings.within == Course::StaysAtHome { outings.ranks } else { 0 },
            likely: Likely::new(&world.chances, world.calendar.is_weekend(day)),
            terms,
            hears_news: world.uptake.news_is_fresh(day_ms),
            patients: patients(world, day),
            has_gates,
            malformed,
            sure_answer_ms,
        }
    }
}

/// Who has fallen ill so far and has not been at home for long enough: so many as the growth of cases says, the same people first
/// whatever the growth.
fn patients(world: &World<'_>, day: u16) -> Option<Range<u32>> {
    let settings = world.patients;
    if settings.first_day_share.get() <= 0.0 {
        return None;
    }
    let fallen_ill = |days: u16| {
        let (mut sum, mut new) = (0.0, settings.first_day_share.get());
        for _ in 0..days {
            sum += new;
            new *= settings.growth_per_day;
        }
        (sum.min(1.0) * f64::from(u32::MAX)) as u32
    };
    let recovered = (day + 1).saturating_sub(u16::from(settings.days_at_home));
    Some(fallen_ill(recovered)..fallen_ill(day + 1))
}

/// The share of malformed requests on the day of the service that is `day_open`, 0 being the first.
fn malformed(behaviour: &Behaviour, day_open: Option<u32>) -> Chance {
    let shares = &behaviour.malformed_shares;
    let (Some(day), Some(last)) = (day_open, shares.last()) else { return Chance::default() };
    match shares.get(day as usize) {
        Some(share) => (*share).into(),
        None => {
            let days_after = f64::from(day + 1 - shares.len() as u32);
            let share = last.get() * libm::exp2(-days_after / behaviour.malformed_half_life_d);
            passes::Share::try_from(share).unwrap_or_default().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::Share;

    #[test]
    fn malformed_requests_become_fewer() {
        let shares = [0.35, 0.19, 0.15].map(Share::of).to_vec();
        let behaviour = Behaviour { malformed_shares: shares, malformed_half_life_d: 10.0, ..Behaviour::default() };
        let share = |day| malformed(&behaviour, day);
        assert_eq!(share(Some(0)), Share::of(0.35).into());
        assert_eq!(share(Some(2)), Share::of(0.15).into());
        assert_eq!(share(Some(12)), Share::of(0.075).into());
        assert!(share(Some(4)) < share(Some(3)));
        assert_eq!(share(None), Chance::default());
        assert_eq!(malformed(&Behaviour::default(), Some(0)), Chance::default());
    }
}
