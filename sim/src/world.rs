//! All that does not change while days pass, ready to be asked.

use demand::{Calendar, SimTime};
use passes::{Purpose, Rules};

use crate::atlas::Atlas;
use crate::draw::{Chance, Streams};
use crate::profile::Timing;
use crate::settings::{Activities, Behaviour};
use crate::uptake::{Ms, Uptake};
use crate::{Model, Place, Population, SimError};

/// The region, its people and rules during a run.
pub(crate) struct World<'a> {
    pub(crate) population: &'a Population,
    pub(crate) calendar: Calendar,
    pub(crate) rules: Rules,
    pub(crate) streams: Streams,
    pub(crate) activities: &'a Activities,
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) chances: Chances,
    pub(crate) timing: Timing,
    pub(crate) atlas: Atlas,
    pub(crate) uptake: Uptake,
    pub(crate) patrol: Patrol,
    midnight_unix_s: i64,
}

/// The daily shares of `[activities]` and `[behaviour]`, ready to be drawn against.
pub(crate) struct Chances {
    pub(crate) pharmacy: Chance,
    pub(crate) doctor: Chance,
    pub(crate) chronic_doctor: Chance,
    pub(crate) work_weekday: Chance,
    pub(crate) work_weekend: Chance,
    pub(crate) other: Chance,
    pub(crate) seeks: [Chance; Purpose::ALL.len()],
    pub(crate) obeys: Chance,
    pub(crate) evening_before: Chance,
    pub(crate) at_the_door_or_before: Chance,
    pub(crate) cancels: Chance,
    pub(crate) goes_anyway: Chance,
}

/// When officers are about, and whom they check.
pub(crate) struct Patrol {
    pub(crate) meets: Chance,
    from_ms: Ms,
    until_ms: Ms,
}

impl<'a> World<'a> {
    pub(crate) fn new(model: &Model<'a>, places: &[Place], population: &'a Population) -> Result<Self, SimError> {
        let settings = model.settings;
        let streams = Streams::new(model.seed);
        Ok(World {
            population,
            calendar: model.calendar,
            rules: model.policy.rules(model.calendar.utc_offset_s()),
            streams,
            activities: &settings.activities,
            behaviour: &settings.behaviour,
            chances: Chances::new(&settings.activities, &settings.behaviour),
            timing: Timing::new(&settings.activities).map_err(|_| SimError::Distribution("activities.lengths"))?,
            atlas: Atlas::new(places, &settings.activities),
            uptake: Uptake::new(&settings.behaviour, &model.calendar, streams)?,
            patrol: Patrol {
                meets: passes::Share::of(0.0027).into(),
                from_ms: 8 * 3_600_000,
                until_ms: 22 * 3_600_000,
            },
            midnight_unix_s: model.calendar.unix_s(SimTime::default()),
        })
    }

    /// The Unix second of an instant.
    pub(crate) fn unix_s(&self, at_ms: Ms) -> i64 {
        self.midnight_unix_s + at_ms.div_euclid(1_000)
    }

    /// The instant of a Unix second.
    pub(crate) fn ms(&self, unix_s: i64) -> Ms {
        (unix_s - self.midnight_unix_s) * 1_000
    }
}

impl Chances {
    fn new(activities: &Activities, behaviour: &Behaviour) -> Self {
        let (evening, door) = (behaviour.evening_before_share.get(), behaviour.at_the_door_share.get());
        Chances {
            pharmacy: activities.pharmacy_share.into(),
            doctor: activities.doctor_share.into(),
            chronic_doctor: activities.chronic_doctor_share.into(),
            work_weekday: activities.work_weekday_share.into(),
            work_weekend: activities.work_weekend_share.into(),
            other: activities.other_share.into(),
            seeks: Purpose::ALL.map(|purpose| (*behaviour.seeking.of(purpose)).into()),
            obeys: behaviour.obey_share.into(),
            evening_before: behaviour.evening_before_share.into(),
            at_the_door_or_before: passes::Share::try_from((evening + door).min(1.0)).unwrap_or_default().into(),
            cancels: behaviour.cancel_share.into(),
            goes_anyway: behaviour.go_anyway_share.into(),
        }
    }
}

impl Patrol {
    /// Whether officers are about at this instant.
    pub(crate) fn is_out(&self, at_ms: Ms) -> bool {
        let time_of_day_ms = at_ms.rem_euclid(crate::uptake::DAY_MS);
        (self.from_ms..self.until_ms).contains(&time_of_day_ms)
    }
}
