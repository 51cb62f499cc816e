//! The days a scenario covers, and instants in them.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone};
use passes::Fault;
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since local midnight of the first day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

impl SimTime {
    /// Milliseconds in a day.
    pub const DAY_MS: u64 = 86_400_000;

    /// The instant `ms` milliseconds after the first midnight.
    pub const fn from_ms(ms: u64) -> Self {
        SimTime(ms)
    }

    /// The instant `ms` milliseconds after the midnight that begins `day` (0 is the first).
    pub const fn on_day(day: u16, ms: u64) -> Self {
        SimTime(day as u64 * Self::DAY_MS + ms)
    }

    /// Milliseconds since the first midnight.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// The day it falls on; 0 is the first.
    pub const fn day(self) -> u64 {
        self.0 / Self::DAY_MS
    }

    /// The time from `earlier` to this instant; zero when it is later.
    pub const fn since(self, earlier: SimTime) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for SimTime {
    type Output = SimTime;

    fn add(self, duration: Duration) -> SimTime {
        SimTime(self.0 + duration.as_millis() as u64)
    }
}

impl Sub<Duration> for SimTime {
    type Output = SimTime;

    /// Stops at the first midnight.
    fn sub(self, duration: Duration) -> SimTime {
        SimTime(self.0.saturating_sub(duration.as_millis() as u64))
    }
}

/// The `[calendar]` section of a scenario: which days, in whose local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    /// The first day.
    pub start: Date,
    /// How many days; 1 to 366.
    pub days: u16,
    /// How far the region's clocks are ahead of UTC, in minutes; -720 to 840.
    pub utc_offset_min: i16,
}

impl Calendar {
    /// Everything that is wrong with this calendar though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=366).contains(&self.days) {
            faults.push(Fault::new("calendar.days", format!("{} days; write 1 to 366", self.days)));
        }
        if !(-720..=840).contains(&self.utc_offset_min) {
            let message =
                format!("{} minutes is no time zone; write -720 to 840 (180 for Moscow)", self.utc_offset_min);
            faults.push(Fault::new("calendar.utc_offset_min", message));
        }
        faults
    }

    /// The region's clocks ahead of UTC, in seconds.
    pub fn utc_offset_s(&self) -> i32 {
        i32::from(self.utc_offset_min) * 60
    }

    /// The Unix time of `at`, in whole seconds.
    pub fn unix_s(&self, at: SimTime) -> i64 {
        self.midnight().timestamp().as_second() + (at.ms() / 1_000) as i64
    }

    /// `at` in local time with its offset: `2020-04-02T12:00:00.250+03:00`.
    pub fn local(&self, at: SimTime) -> String {
        let zoned = self.midnight() + jiff::SignedDuration::from_millis(at.ms() as i64);
        zoned.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
    }

    /// `at` on the region's clocks, in whole seconds: `2020-04-02T12:00:00`.
    pub fn civil(&self, at: SimTime) -> jiff::civil::DateTime {
        self.start.at(0, 0, 0, 0).saturating_add(jiff::SignedDuration::from_secs((at.ms() / 1_000) as i64))
    }

    /// The date of `day` (0 is the first).
    pub fn date(&self, day: u16) -> Date {
        self.start.saturating_add(jiff::Span::new().days(i64::from(day)))
    }

    /// Whether `day` is a Saturday or Sunday.
    pub fn is_weekend(&self, day: u16) -> bool {
        matches!(self.date(day).weekday(), Weekday::Saturday | Weekday::Sunday)
    }

    /// The end of the last day.
    pub fn end(&self) -> SimTime {
        SimTime::on_day(self.days, 0)
    }

    fn midnight(&self) -> jiff::Zoned {
        let offset = Offset::from_seconds(self.utc_offset_s()).unwrap_or(Offset::UTC);
        // A civil midnight exists and is unique under a fixed offset.
        self.start.to_zoned(TimeZone::fixed(offset)).unwrap_or_default()
    }
}

impl fmt::Display for SimTime {
    /// Day and time of day: `day 0 12:00:00.250`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0 % Self::DAY_MS;
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
        write!(f, "day {} {hour:02}:{minute:02}:{second:02}.{:03}", self.day(), ms % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAUNCH: Calendar = Calendar { start: jiff::civil::date(2020, 4, 2), days: 3, utc_offset_min: 180 };

    #[test]
    fn local_and_unix_time_agree() {
        let noon = SimTime::on_day(0, 43_200_250);
        assert_eq!(LAUNCH.local(noon), "2020-04-02T12:00:00.250+03:00");
        assert_eq!(LAUNCH.unix_s(noon), 1_585_818_000);
        assert_eq!(LAUNCH.civil(noon), jiff::civil::datetime(2020, 4, 2, 12, 0, 0, 0));
        assert_eq!(noon.to_string(), "day 0 12:00:00.250");
    }

    #[test]
    fn the_third_day_was_a_saturday() {
        assert_eq!([0, 1, 2].map(|day| LAUNCH.is_weekend(day)), [false, false, true]);
    }

    #[test]
    fn impossible_calendars_are_named() {
        let faults = Calendar { days: 0, utc_offset_min: 900, ..LAUNCH }.faults();
        assert_eq!(
            faults.iter().map(|fault| fault.key.as_str()).collect::<Vec<_>>(),
            ["calendar.days", "calendar.utc_offset_min"]
        );
        assert!(LAUNCH.faults().is_empty());
    }
}
