//! Local time in Unix seconds.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::Window;
use crate::policy::Period;

pub(super) const DAY_S: i64 = 86_400;
/// Unix time began on a Thursday; the Monday of that week was three days earlier.
const FIRST_MONDAY_S: i64 = -3 * DAY_S;
const LONGEST_MONTH_S: i64 = 31 * DAY_S;

/// The region's clock: UTC and a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LocalClock {
    utc_offset_s: i64,
    /// Local midnight of the policy's first day: periods of several days are counted from it. Local seconds.
    first_day_s: i64,
}

impl LocalClock {
    pub(super) fn new(utc_offset_s: i32, first: DateTime) -> Self {
        LocalClock { utc_offset_s: i64::from(utc_offset_s), first_day_s: local_s(first.date().at(0, 0, 0, 0)) }
    }

    pub(super) fn utc_offset_s(&self) -> i64 {
        self.utc_offset_s
    }

    /// The Unix second of a local time.
    pub(super) fn unix_s(&self, local: DateTime) -> i64 {
        local_s(local) - self.utc_offset_s
    }

    /// Seconds since local midnight.
    pub(super) fn second_of_day(&self, at_s: i64) -> u32 {
        (at_s + self.utc_offset_s).rem_euclid(DAY_S) as u32
    }

    /// The local day that holds `at_s`, in days since 1970.
    pub(super) fn day_number(&self, at_s: i64) -> i32 {
        (at_s + self.utc_offset_s).div_euclid(DAY_S) as i32
    }

    /// The local day that holds `at_s`.
    pub(super) fn day(&self, at_s: i64) -> Window {
        self.period(Period::Day, at_s)
    }

    /// The period that holds `at_s`.
    pub(super) fn period(&self, per: Period, at_s: i64) -> Window {
        let local_s = at_s + self.utc_offset_s;
        let Window { from_s, until_s } = match per {
            Period::Day => repeating(0, DAY_S, local_s),
            Period::Week => repeating(FIRST_MONDAY_S, 7 * DAY_S, local_s),
            Period::Month => month(local_s),
            // 0 days are a fault of the policy; a day is the nearest sense there is.
            Period::Days(days) => repeating(self.first_day_s, i64::from(days.max(1)) * DAY_S, local_s),
        };
        Window { from_s: from_s - self.utc_offset_s, until_s: until_s - self.utc_offset_s }
    }
}

/// How long a period can last, in seconds.
pub(super) fn longest_s(per: Period) -> i64 {
    match per {
        Period::Day => DAY_S,
        Period::Week => 7 * DAY_S,
        Period::Month => LONGEST_MONTH_S,
        Period::Days(days) => i64::from(days) * DAY_S,
    }
}

/// Seconds from midnight to `time`.
pub(super) fn second_of(time: Time) -> u32 {
    (i32::from(time.hour()) * 3_600 + i32::from(time.minute()) * 60 + i32::from(time.second())) as u32
}

/// Local seconds: those that would be Unix seconds if the region's clocks showed UTC.
fn local_s(local: DateTime) -> i64 {
    local.to_zoned(TimeZone::UTC).map_or(0, |utc| utc.timestamp().as_second())
}

/// Of the periods of `length_s` counted from `first_s`, the one that holds `local_s`.
fn repeating(first_s: i64, length_s: i64, local_s: i64) -> Window {
    let from_s = local_s - (local_s - first_s).rem_euclid(length_s);
    Window { from_s, until_s: from_s + length_s }
}

/// The calendar month that holds `local_s`.
fn month(at_local_s: i64) -> Window {
    // Only asked for times at which a policy is in force, which are years that exist.
    let date = Timestamp::from_second(at_local_s).unwrap_or_default().to_zoned(TimeZone::UTC).date();
    let midnight_s = |date: Date| local_s(date.at(0, 0, 0, 0));
    Window { from_s: midnight_s(date.first_of_month()), until_s: midnight_s(date.last_of_month()) + DAY_S }
}
