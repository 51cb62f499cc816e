//! The `[behaviour]` section.

use jiff::civil::{DateTime, datetime};
use passes::{Fault, Share};
use serde::{Deserialize, Serialize};

use super::per_purpose::per_purpose;
use super::valid::{at_most_one, within};

/// The most requests that bots make in a run: more would not fit into memory.
const MOST_BOT_REQUESTS: f64 = 1e8;

/// What residents do about the policy. Times are local.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Behaviour {
    /// When the decree is announced. Default 2020-04-02T10:00 (the day: nn.rbc.ru; the hour: assumption).
    pub announced_at: DateTime,
    /// From when residents can register and ask on the web. Default 2020-04-02T12:00 (the day: nn.rbc.ru; the hour: assumption).
    pub web_from: DateTime,
    /// From when the telephone operator (112) takes requests. Default 2020-04-02T12:00 (the day: nn.rbc.ru; the hour: assumption).
    pub phone_from: DateTime,
    /// From when the app can be had. Default 2020-04-04T00:00, a Saturday (the day: Washington Post, "Virus testing Russia
    /// surveillance", 6 April 2020; the hour: assumption).
    pub app_from: DateTime,
    /// Half of the residents have heard of the decree after so many hours, log-normal. Default 5 (assumption).
    pub aware_median_h: f64,
    /// Standard deviation of the logarithm of that time. Default 1.2 (assumption).
    pub aware_sigma: f64,
    /// Share of adults who register of their own accord, trip or no trip. Default 0.25 (assumption).
    pub registration_share: Share,
    /// Mean time from having heard of the open service to turning to it, in minutes, exponential. Default 25 (assumption).
    pub first_contact_delay_min: f64,
    /// Share of those with a smartphone who use the app once it is there; the others keep to the web. Default 0.6 (assumption).
    pub app_share: Share,
    /// Share of those with a smartphone who wait for the app before they register; at most `app_share`. Default 0.3 (assumption).
    pub app_wait_share: Share,
    /// Mean time from registering to asking for the first pass, in minutes: confirming the registration and filling in the form; a
    /// resident takes half to one and a half times that. Default 5 (assumption).
    pub form_min: f64,
    /// Nobody but night owls turns to the service for the first time between midnight and this hour. Default 7 (assumption).
    pub quiet_until_h: u8,
    /// Mean time from then until what was put off overnight is done, in hours, exponential. Default 2.5 (assumption).
    pub morning_spread_h: f64,
    /// Share of residents who are up at night. Default 0.1 (assumption).
    pub night_owl_share: Share,
    /// Of those who register of their own accord, the share that asks for a pass at once: for a trip of that day, or to try it.
    /// Default 0.5 (assumption, after Moscow, where 0.25 passes a resident were issued on the first day: Meduza, April 2020).
    pub ask_at_once_share: Share,
    /// Share of residents who get a pass for a trip that needs one, by purpose.
    pub seeking: Seeking,
    /// Share of residents who do not go out for what is forbidden. Default 0.75 (assumption).
    pub obey_share: Share,
    /// Share of passes asked for on the evening before. Default 0.15 (assumption).
    pub evening_before_share: Share,
    /// The evening begins at this hour and ends at midnight. Default 18 (assumption).
    pub evening_from_h: u8,
    /// Share of passes asked for at the door, 1 to 3 minutes before leaving. Default 0.3 (assumption).
    pub at_the_door_share: Share,
    /// Mean time from asking to leaving for all other passes, in minutes, exponential. Default 45 (assumption).
    pub lead_mean_min: f64,
    /// Share of passes given back, and the trip not made. Default 0.03 (assumption).
    pub cancel_share: Share,
    /// Share of trips made all the same when the pass is refused. Default 0.3 (assumption).
    pub go_anyway_share: Share,
    /// Share of households that stock up when they hear of the decree. Default 0.15 (assumption).
    pub stocking_up_share: Share,
    /// How long they can do without shopping then, in days. Default 10 (assumption).
    pub stocked_days: u8,
    /// How long a resident waits for an answer of the service before it counts as failed, in seconds. Default 30 (assumption).
    pub time_out_s: f64,
    /// How long a resident puts off leaving for a pass that is late, in minutes, if the day allows. Default 20 (assumption).
    pub patience_min: u32,
    /// Mean time from a failed request to the next try, in seconds, exponential. Default 90 (assumption).
    pub retry_mean_s: f64,
    /// Share of residents who give up after any one failure. Default 0.15 (assumption).
    pub give_up_share: Share,
    /// The most tries anyone makes. Default 8: a reporter got through to Moscow's hotline at the eighth try (belsat.eu, April 2020).
    pub most_tries: u8,
    /// After so many failures residents may turn to the telephone operator instead, once there is one. Default 3 (assumption).
    pub switch_after_tries: u8,
    /// Share of these who do. Default 0.2 (assumption).
    pub switch_share: Share,
    /// Share of requests for a pass that are malformed on the first day of the service, the second, and so on. Default none. Greece:
    /// 0.35, 0.19, 0.15 (Keep Talking Greece, March 2020).
    pub malformed_shares: Vec<Share>,
    /// After those days the share falls to half in so many days. Default 10 (assumption).
    pub malformed_half_life_d: f64,
    /// When the service finds a malformed request: at once, which refuses it, or so many hours later, which annuls the pass. Default 0
    /// hours: at once.
    pub malformed_found_h: u32,
    /// Mean time to correct a malformed request and send it again, in minutes, exponential. Default 3 (assumption).
    pub correction_min: f64,
    /// Of those found without the pass they need, the share whose household asks for passes from then on. Default 0.6 (assumption).
    pub fine_lesson_share: Share,
    /// Of those who were refused or gave up, the share whose household goes without passes from then on. Default 0.1 (assumption).
    pub refusal_lesson_share: Share,
    /// How long either lesson lasts, in days. Default 14 (assumption).
    pub lesson_days: u8,
    /// When a pass that held longer than a day ends, the share of holders who ask for a new one at once, rather than before the next
    /// trip. Default 0.5 (assumption; Argentina, 30 March 2020: links saturated when permits were renewed, Diario 26).
    pub reapply_share: Share,
    /// Programs that ask for passes in bulk.
    pub bots: Vec<Bots>,
}

/// Programs that register accounts of their own and ask for passes, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bots {
    /// From when, local time.
    pub from: DateTime,
    /// Until when, local time.
    pub until: DateTime,
    /// Requests in a second, all bots together, each at a random moment of its turn.
    pub per_s: f64,
}

per_purpose! {
    /// Share of residents who get a pass for a trip that needs one. A resident who seeks one at 50 % also seeks one at 60 %. All are
    /// assumptions: the service was officially optional in Nizhny Novgorod (municipal site, May 2020), and of those checked in
    /// the city on 13 May 2020 19 % had no pass (vremyan.ru, 14 May 2020).
    pub struct Seeking: Share {
        /// Default 0.5 (assumption).
        groceries / Groceries = Share::of(0.5),
        /// Default 0.5 (assumption).
        pharmacy / Pharmacy = Share::of(0.5),
        /// Default 0.15: the passport was accepted near home (dzertv.ru, Kommersant doc 4310659), though other sources ask for a pass
        /// (kasparov.org) (assumption).
        pet / Pet = Share::of(0.15),
        /// Default 0.1, as for pets (assumption).
        rubbish / Rubbish = Share::of(0.1),
        /// Default 0.6 (assumption).
        doctor / Doctor = Share::of(0.6),
        /// Default 0.6 (assumption).
        work / Work = Share::of(0.6),
        /// Default 0.4 (assumption).
        other / Other = Share::of(0.4),
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            announced_at: datetime(2020, 4, 2, 10, 0, 0, 0),
            web_from: datetime(2020, 4, 2, 12, 0, 0, 0),
            phone_from: datetime(2020, 4, 2, 12, 0, 0, 0),
            app_from: datetime(2020, 4, 4, 0, 0, 0, 0),
            aware_median_h: 5.0,
            aware_sigma: 1.2,
            registration_share: Share::of(0.25),
            first_contact_delay_min: 25.0,
            app_share: Share::of(0.6),
            app_wait_share: Share::of(0.3),
            form_min: 5.0,
            quiet_until_h: 7,
            morning_spread_h: 2.5,
            night_owl_share: Share::of(0.1),
            ask_at_once_share: Share::of(0.5),
            seeking: Seeking::default(),
            obey_share: Share::of(0.75),
            evening_before_share: Share::of(0.15),
            evening_from_h: 18,
            at_the_door_share: Share::of(0.3),
            lead_mean_min: 45.0,
            cancel_share: Share::of(0.03),
            go_anyway_share: Share::of(0.3),
            stocking_up_share: Share::of(0.15),
            stocked_days: 10,
            time_out_s: 30.0,
            patience_min: 20,
            retry_mean_s: 90.0,
            give_up_share: Share::of(0.15),
            most_tries: 8,
            switch_after_tries: 3,
            switch_share: Share::of(0.2),
            malformed_shares: Vec::new(),
            malformed_half_life_d: 10.0,
            malformed_found_h: 0,
            correction_min: 3.0,
            fine_lesson_share: Share::of(0.6),
            refusal_lesson_share: Share::of(0.1),
            lesson_days: 14,
            reapply_share: Share::of(0.5),
            bots: Vec::new(),
        }
    }
}

impl Behaviour {
    pub(super) fn faults(&self, faults: &mut Vec<Fault>) {
        let channels = [("web_from", self.web_from), ("phone_from", self.phone_from), ("app_from", self.app_from)];
        for (name, from) in channels {
            if from < self.announced_at {
                let message = format!(
                    "it opens ({from}) before the decree is announced ({}); write a later time",
                    self.announced_at
                );
                faults.push(Fault::new(format!("behaviour.{name}"), message));
            }
        }
        if self.app_wait_share > self.app_share {
            let message = format!(
                "more residents wait for the app ({}) than use it ({}); lower it",
                f64::from(self.app_wait_share),
                f64::from(self.app_share)
            );
            faults.push(Fault::new("behaviour.app_wait_share", message));
        }
        at_most_one(faults, "behaviour.at_the_door_share", &[self.evening_before_share, self.at_the_door_share]);
        within(faults, "behaviour.aware_median_h", self.aware_median_h, 0.01, 1_000.0);
        within(faults, "behaviour.aware_sigma", self.aware_sigma, 0.0, 3.0);
        within(faults, "behaviour.first_contact_delay_min", self.first_contact_delay_min, 0.1, 100_000.0);
        within(faults, "behaviour.form_min", self.form_min, 0.1, 240.0);
        within(faults, "behaviour.quiet_until_h", self.quiet_until_h, 0, 23);
        within(faults, "behaviour.morning_spread_h", self.morning_spread_h, 0.01, 24.0);
        within(faults, "behaviour.evening_from_h", self.evening_from_h, 0, 23);
        within(faults, "behaviour.lead_mean_min", self.lead_mean_min, 0.1, 1_440.0);
        within(faults, "behaviour.stocked_days", self.stocked_days, 1, 60);
        within(faults, "behaviour.time_out_s", self.time_out_s, 0.1, 3_600.0);
        within(faults, "behaviour.patience_min", self.patience_min, 0, 240);
        within(faults, "behaviour.retry_mean_s", self.retry_mean_s, 0.1, 86_400.0);
        within(faults, "behaviour.most_tries", self.most_tries, 1, 100);
        within(faults, "behaviour.switch_after_tries", self.switch_after_tries, 1, 100);
        within(faults, "behaviour.malformed_half_life_d", self.malformed_half_life_d, 0.01, 10_000.0);
        within(faults, "behaviour.malformed_found_h", self.malformed_found_h, 0, 72);
        within(faults, "behaviour.correction_min", self.correction_min, 0.1, 1_440.0);
        within(faults, "behaviour.lesson_days", self.lesson_days, 0, 62);
        for (index, bots) in self.bots.iter().enumerate() {
            bots.faults(&format!("behaviour.bots.{index}"), faults);
        }
        let requests: f64 = self.bots.iter().map(Bots::requests).sum();
        if requests > MOST_BOT_REQUESTS {
            let message =
                format!("{requests:.0} requests in all; write a rate or time for {MOST_BOT_REQUESTS} at most");
            faults.push(Fault::new("behaviour.bots", message));
        }
    }
}

impl Bots {
    /// How many requests they make in all.
    fn requests(&self) -> f64 {
        self.until.duration_since(self.from).as_secs_f64() * self.per_s
    }

    fn faults(&self, key: &str, faults: &mut Vec<Fault>) {
        if self.until <= self.from {
            faults.push(Fault::new(format!("{key}.until"), format!("ends before {}; write a later time", self.from)));
        }
        within(faults, &format!("{key}.per_s"), self.per_s, 0.0, 100_000.0);
    }
}
