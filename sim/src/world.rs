//! All that does not change while days pass, ready to be asked.

use demand::{Calendar, SimTime};
use jiff::civil::DateTime;
use passes::{Purpose, Rules, Share};

use crate::atlas::Atlas;
use crate::draw::{Chance, Streams};
use crate::gates::GateRules;
use crate::patrol::Patrol;
use crate::profile::{MINUTE_MS, Timing};
use crate::quantiles::Quantiles;
use crate::settings::{Activities, Behaviour, Patients};
use crate::uptake::{Ms, Uptake};
use crate::{Model, Place};

/// The region, its people and rules during a run.
pub(crate) struct World<'a> {
    pub(crate) calendar: Calendar,
    pub(crate) rules: Rules,
    pub(crate) streams: Streams,
    pub(crate) activities: &'a Activities,
    pub(crate) behaviour: &'a Behaviour,
    pub(crate) patients: &'a Patients,
    pub(crate) chances: Chances,
    pub(crate) delays: Delays,
    pub(crate) timing: Timing,
    pub(crate) atlas: Atlas,
    pub(crate) uptake: Uptake,
    pub(crate) patrol: Patrol,
    pub(crate) gates: Vec<GateRules>,
    /// Residents of the region; bots are numbered from here.
    pub(crate) residents: u32,
    midnight_unix_s: i64,
}

/// The shares of `[activities]` and `[behaviour]`, ready to be drawn against.
pub(crate) struct Chances {
    pub(crate) pharmacy: Chance,
    pub(crate) doctor: Chance,
    pub(crate) chronic_doctor: Chance,
    pub(crate) work_weekday: Chance,
    pub(crate) work_weekend: Chance,
    pub(crate) school: Chance,
    pub(crate) other: Chance,
    pub(crate) other_carry: Chance,
    pub(crate) chains: Chance,
    pub(crate) seeks: [Chance; Purpose::ALL.len()],
    pub(crate) obeys: Chance,
    pub(crate) evening_before: Chance,
    pub(crate) at_the_door_or_before: Chance,
    pub(crate) cancels: Chance,
    pub(crate) goes_anyway: Chance,
    pub(crate) gives_up: Chance,
    pub(crate) switches: Chance,
    pub(crate) learns_from_fine: Chance,
    pub(crate) learns_from_refusal: Chance,
    pub(crate) renews: Chance,
    pub(crate) answers: Chance,
}

/// How long things take, ready to be drawn from; in milliseconds.
pub(crate) struct Delays {
    pub(crate) retry: Quantiles,
    pub(crate) correction: Quantiles,
    pub(crate) check_in: Quantiles,
}

impl<'a> World<'a> {
    pub(crate) fn new(model: &Model<'a>, places: &[Place]) -> Self {
        let settings = model.settings;
        let streams = Streams::new(model.seed);
        let midnight = model.calendar.start.at(0, 0, 0, 0);
        let ms = |local: DateTime| local.duration_since(midnight).as_millis() as Ms;
        let gates = &settings.checks.gates;
        World {
            calendar: model.calendar,
            rules: model.policy.rules(model.calendar.utc_offset_s()),
            streams,
            activities: &settings.activities,
            behaviour: &settings.behaviour,
            patients: &settings.patients,
            chances: Chances::new(&settings.activities, &settings.behaviour, &settings.patients),
            delays: Delays::new(&settings.behaviour, &settings.patients),
            timing: Timing::new(&settings.activities),
            atlas: Atlas::new(places, &settings.activities),
            uptake: Uptake::new(&settings.behaviour, &model.calendar, streams),
            patrol: Patrol::new(&settings.checks, places),
            gates: gates.iter().map(|gate| GateRules::new(gate, places, ms)).collect(),
            residents: settings.region.residents,
            midnight_unix_s: model.calendar.unix_s(SimTime::default()),
        }
    }

    /// How long a resident or an officer waits for an answer.
    pub(crate) fn time_out_ms(&self) -> Ms {
        (self.behaviour.time_out_s * 1_000.0) as Ms
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
    fn new(activities: &Activities, behaviour: &Behaviour, patients: &Patients) -> Self {
        let (evening, door) = (behaviour.evening_before_share.get(), behaviour.at_the_door_share.get());
        Chances {
            pharmacy: activities.pharmacy_share.into(),
            doctor: activities.doctor_share.into(),
            chronic_doctor: activities.chronic_doctor_share.into(),
            work_weekday: activities.work_weekday_share.into(),
            work_weekend: activities.work_weekend_share.into(),
            school: activities.school_share.into(),
            other: activities.other_share.into(),
            other_carry: activities.other_carry_share.into(),
            chains: activities.chain_share.into(),
            seeks: Purpose::ALL.map(|purpose| (*behaviour.seeking.of(purpose)).into()),
            obeys: behaviour.obey_share.into(),
            evening_before: behaviour.evening_before_share.into(),
            at_the_door_or_before: Share::try_from((evening + door).min(1.0)).unwrap_or_default().into(),
            cancels: behaviour.cancel_share.into(),
            goes_anyway: behaviour.go_anyway_share.into(),
            gives_up: behaviour.give_up_share.into(),
            switches: behaviour.switch_share.into(),
            learns_from_fine: behaviour.fine_lesson_share.into(),
            learns_from_refusal: behaviour.refusal_lesson_share.into(),
            renews: behaviour.reapply_share.into(),
            answers: patients.answer_share.into(),
        }
    }
}

impl Delays {
    fn new(behaviour: &Behaviour, patients: &Patients) -> Self {
        let minutes = |mean_min: f64| Quantiles::exponential(mean_min * f64::from(MINUTE_MS), 1..=u32::MAX);
        Delays {
            retry: minutes(behaviour.retry_mean_s / 60.0),
            correction: minutes(behaviour.correction_min),
            check_in: minutes(patients.answer_mean_min),
        }
    }
}
