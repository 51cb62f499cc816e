//! How residents take to the service: hearing of the decree, registering, reaching it through a channel.

use std::hint::select_unpredictable;

use demand::{Calendar, SimTime};
use passes::{Channel, Purpose};

use crate::draw::{Chance, Stage, Streams, Words};
use crate::population::{Phone, Resident};
use crate::quantiles::Quantiles;
use crate::settings::Behaviour;

/// Milliseconds since the first midnight; negative for what came before.
pub(crate) type Ms = i64;

pub(crate) const DAY_MS: Ms = SimTime::DAY_MS as Ms;
const HOUR_MS: f64 = 3_600_000.0;
const MINUTE_MS: f64 = 60_000.0;
/// What is put off for longer than this never happens: 49 days, as much as 32 bits hold.
const LONGEST_MS: u32 = u32::MAX;

/// The `[behaviour]` section as far as it concerns the first steps, ready to be drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Uptake {
    streams: Streams,
    announced_ms: Ms,
    web_ms: Ms,
    app_ms: Ms,
    phone_ms: Ms,
    awareness_ms: Quantiles,
    registers: Chance,
    /// The greatest share of residents who may ever turn to the service.
    may_turn: Chance,
    first_contact_ms: Quantiles,
    uses_app: Chance,
    waits_for_app: Chance,
    form_ms: f64,
    quiet_until_ms: Ms,
    morning_ms: Quantiles,
    night_owl: Chance,
    asks_at_once: Chance,
    stocks_up: Chance,
    lead_ms: Quantiles,
}

/// A resident before the service: the random numbers that decide how they take to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applicant {
    phone: Phone,
    app: u32,
    at_once: u32,
    owl: u32,
    form: u32,
}

impl Applicant {
    /// `resident`, for whom [`Stage::Uptake`] has drawn these numbers.
    #[inline]
    pub(crate) fn new(resident: Resident, [app, at_once, owl, form]: [u32; 4]) -> Self {
        Applicant { phone: resident.phone(), app, at_once, owl, form }
    }
}

impl Uptake {
    pub(crate) fn new(behaviour: &Behaviour, calendar: &Calendar, streams: Streams) -> Self {
        let midnight = calendar.start.at(0, 0, 0, 0);
        let ms = |local: jiff::civil::DateTime| local.duration_since(midnight).as_millis() as Ms;
        let mean = |ms: f64| Quantiles::exponential(ms, 0..=LONGEST_MS);
        let aware_ms = behaviour.aware_median_h * HOUR_MS;
        Uptake {
            streams,
            announced_ms: ms(behaviour.announced_at),
            web_ms: ms(behaviour.web_from),
            app_ms: ms(behaviour.app_from),
            phone_ms: ms(behaviour.phone_from),
            awareness_ms: Quantiles::log_normal(aware_ms, behaviour.aware_sigma, 0..=LONGEST_MS),
            registers: behaviour.registration_share.into(),
            may_turn: Purpose::ALL
                .map(|purpose| Chance::from(*behaviour.seeking.of(purpose)))
                .into_iter()
                .fold(behaviour.registration_share.into(), Chance::max),
            first_contact_ms: mean(behaviour.first_contact_delay_min * MINUTE_MS),
            uses_app: behaviour.app_share.into(),
            waits_for_app: behaviour.app_wait_share.into(),
            form_ms: behaviour.form_min * MINUTE_MS,
            quiet_until_ms: Ms::from(behaviour.quiet_until_h) * HOUR_MS as Ms,
            morning_ms: mean(behaviour.morning_spread_h * HOUR_MS),
            night_owl: behaviour.night_owl_share.into(),
            asks_at_once: behaviour.ask_at_once_share.into(),
            stocks_up: behaviour.stocking_up_share.into(),
            lead_ms: mean(behaviour.lead_mean_min * MINUTE_MS),
        }
    }

    /// Whether many are hearing of the decree on the day that begins at `day_ms`, or heard late on the evening before. Whoever hears
    /// of it later than that finds nothing new in it.
    pub(crate) fn news_is_fresh(&self, day_ms: Ms) -> bool {
        (self.announced_ms - DAY_MS + 1..self.announced_ms + 2 * DAY_MS).contains(&day_ms)
    }

    /// Which day of the service begins at `day_ms`, 0 being the first on which it is open to anyone; `None` before that.
    pub(crate) fn days_open(&self, day_ms: Ms) -> Option<u32> {
        let opens_ms = self.web_ms.min(self.app_ms).min(self.phone_ms);
        u32::try_from(day_ms.div_euclid(DAY_MS) - opens_ms.div_euclid(DAY_MS)).ok()
    }

    /// `resident` as the service will meet them.
    pub(crate) fn applicant(&self, number: u32, resident: Resident) -> Applicant {
        Applicant::new(resident, self.streams.block(number, 0, Stage::Uptake, 0))
    }

    /// Draws for each of `count` households from `first` on whether and when it stocks up ([`Uptake::stocks_up_ms`]).
    pub(crate) fn draw_stocking(&self, words: &mut Words, count: usize, first: u32) {
        self.streams.fill(words, count, first, 0, Stage::StockingUp);
    }

    /// When a household hears of the decree and stocks up; `None` when it does not.
    #[inline]
    pub(crate) fn stocks_up_ms(&self, stocks_up: u32, hears: u32) -> Option<Ms> {
        self.stocks_up.holds(stocks_up).then(|| self.announced_ms + Ms::from(self.awareness_ms.at(hears)))
    }

    /// Whether `resident`, ranking `compliance` of 65,536, registers of their own accord, trip or no trip.
    pub(crate) fn registers(&self, resident: Resident, compliance: u16) -> bool {
        resident.age().is_adult() && complies(self.registers, compliance)
    }

    /// Whether a resident who ranks `compliance` of 65,536 may ever turn to the service, with a trip or without.
    pub(crate) fn may_turn(&self, compliance: u16) -> bool {
        complies(self.may_turn, compliance)
    }

    /// When resident `number` first turns to the service: having heard of the decree, once it is open, after some delay, and hardly
    /// ever at night. Nothing is asked for earlier.
    pub(crate) fn first_contact_ms(&self, number: u32, resident: Resident) -> Ms {
        let applicant = self.applicant(number, resident);
        let [hears, delay, morning, _] = self.streams.block(number, 0, Stage::FirstContact, 0);
        let hears_ms = self.announced_ms + Ms::from(self.awareness_ms.at(hears));
        let at_ms = hears_ms.max(self.open_ms(&applicant)) + Ms::from(self.first_contact_ms.at(delay));
        let time_of_day_ms = at_ms.rem_euclid(DAY_MS);
        if time_of_day_ms >= self.quiet_until_ms || self.night_owl.holds(applicant.owl) {
            return at_ms;
        }
        at_ms - time_of_day_ms + self.quiet_until_ms + Ms::from(self.morning_ms.at(morning))
    }

    /// Whether the telephone operator takes requests at `at_ms`.
    pub(crate) fn has_phone(&self, at_ms: Ms) -> bool {
        at_ms >= self.phone_ms
    }

    /// From when the service is open to `applicant`.
    pub(crate) fn open_ms(&self, applicant: &Applicant) -> Ms {
        match applicant.phone {
            Phone::App if self.waits_for_app.holds(applicant.app) => self.app_ms,
            Phone::App if self.uses_app.holds(applicant.app) => self.web_ms.min(self.app_ms),
            Phone::App | Phone::Web => self.web_ms,
            Phone::Voice => self.phone_ms,
        }
    }

    /// The channel that `applicant` uses at `at_ms`, when the service is open to them.
    pub(crate) fn channel(&self, applicant: &Applicant, at_ms: Ms) -> Channel {
        let by_app = (applicant.phone == Phone::App) & (at_ms >= self.app_ms) & self.uses_app.holds(applicant.app);
        let by_browser = select_unpredictable(applicant.phone == Phone::Voice, Channel::Phone, Channel::Web);
        select_unpredictable(by_app, Channel::App, by_browser)
    }

    /// How long `applicant` takes over the registration form.
    pub(crate) fn form_ms(&self, applicant: &Applicant) -> Ms {
        (self.form_ms * (0.5 + f64::from(applicant.form) / f64::from(u32::MAX))) as Ms
    }

    /// How long after a pass ended, at `ends_ms` after midnight, a resident asks for the next one, if at once: not at night.
    pub(crate) fn renews_after_ms(&self, applicant: &Applicant, ends_ms: i32, delay: u32) -> Ms {
        let after_ms = Ms::from(self.first_contact_ms.at(delay)).min(DAY_MS / 2);
        let time_of_day_ms = (Ms::from(ends_ms) + after_ms).rem_euclid(DAY_MS);
        if time_of_day_ms >= self.quiet_until_ms || self.night_owl.holds(applicant.owl) {
            return after_ms;
        }
        after_ms - time_of_day_ms
            + self.quiet_until_ms
            + Ms::from(self.morning_ms.at(delay.rotate_left(16))).min(DAY_MS / 2)
    }

    /// How long before leaving residents who ask ahead do so, in milliseconds.
    pub(crate) fn lead_ms(&self) -> &Quantiles {
        &self.lead_ms
    }

    /// Whether `applicant`, having registered of their own accord, asks for a pass at once.
    pub(crate) fn asks_at_once(&self, applicant: &Applicant) -> bool {
        self.asks_at_once.holds(applicant.at_once)
    }
}

/// Whether a resident who ranks `compliance` of 65,536 belongs to the share that complies.
pub(crate) const fn complies(share: Chance, compliance: u16) -> bool {
    share.holds((compliance as u32) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::population::{AgeBand, Occupation, Traits};

    const CALENDAR: Calendar = Calendar { start: jiff::civil::date(2020, 4, 2), days: 3, utc_offset_min: 180 };

    fn first_contacts(change: impl FnOnce(&mut Behaviour)) -> Vec<Ms> {
        let mut behaviour = Behaviour::default();
        change(&mut behaviour);
        let uptake = Uptake::new(&behaviour, &CALENDAR, Streams::new(1));
        let adult = Resident::new(Traits {
            age: AgeBand::From18,
            occupation: Occupation::None,
            phone: Phone::App,
            is_chronic: false,
            rotates: false,
            shift: 0,
        });
        (0..4_000).map(|number| uptake.first_contact_ms(number, adult)).collect()
    }

    #[test]
    fn the_opening_is_a_rush() {
        let noon_ms = DAY_MS / 2;
        let times = first_contacts(|_| ());
        assert!(times.iter().all(|at| *at >= noon_ms), "nobody comes before the service opens");
        let within = |hours: std::ops::Range<Ms>| {
            times.iter().filter(|at| hours.contains(&((**at - noon_ms) / 3_600_000))).count()
        };
        assert!(within(0..1) > 2 * within(1..2), "{} then {}", within(0..1), within(1..2));
        assert!(within(12..19) < within(19..22), "the night is put off: {} then {}", within(12..19), within(19..22));
    }

    #[test]
    fn more_who_wait_for_the_app_change_nobody_else() {
        let some = first_contacts(|_| ());
        let more = first_contacts(|behaviour| behaviour.app_wait_share = passes::Share::of(0.4));
        let app_ms = 2 * DAY_MS;
        assert!(some.iter().zip(&more).all(|(some, more)| more == some || (*more >= app_ms && more > some)));
        assert!(some != more);
    }
}
