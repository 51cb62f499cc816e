//! What happened, as rows for observers.

use std::io;

use demand::{Request, SimTime};
use passes::{Channel, Purpose};
use serde::Serialize;

/// What became of the pass of a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum PassOutcome {
    /// The trip needed none.
    NotNeeded,
    /// The resident had one.
    Issued,
    /// It was refused, and the resident went all the same.
    Refused,
    /// The resident did not ask for one.
    Without,
}

/// What an officer found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Verdict {
    /// A pass that holds.
    Valid,
    /// A pass whose time is over.
    Expired,
    /// No pass where one is needed.
    NoPass,
    /// No pass, and none needed.
    NotNeeded,
}

impl PassOutcome {
    /// All outcomes, in the order of their numbers.
    pub const ALL: [PassOutcome; 4] =
        [PassOutcome::NotNeeded, PassOutcome::Issued, PassOutcome::Refused, PassOutcome::Without];

    /// The name in tables, such as `not_needed`.
    pub const fn name(self) -> &'static str {
        match self {
            PassOutcome::NotNeeded => "not_needed",
            PassOutcome::Issued => "issued",
            PassOutcome::Refused => "refused",
            PassOutcome::Without => "without",
        }
    }
}

impl Verdict {
    /// All verdicts, in the order of their numbers.
    pub const ALL: [Verdict; 4] = [Verdict::Valid, Verdict::Expired, Verdict::NoPass, Verdict::NotNeeded];

    /// The name in tables, such as `no_pass`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Expired => "expired",
            Verdict::NoPass => "no_pass",
            Verdict::NotNeeded => "not_needed",
        }
    }
}

/// A trip out and back: from home to one destination and home again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When the resident leaves home.
    pub departs: SimTime,
    /// When the resident is home again; may fall on the next day.
    pub returns: SimTime,
    /// Who: the number of a resident of the region.
    pub resident: u32,
    /// Of which household.
    pub household: u32,
    /// The number of the place where the resident lives.
    pub origin: u16,
    /// The number of the place gone to.
    pub destination: u16,
    /// What for.
    pub purpose: Purpose,
    /// What became of the pass.
    pub pass: PassOutcome,
    /// What an officer found; none when nobody checked.
    pub check: Option<Verdict>,
}

/// A pass that was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    /// When it was asked for.
    pub asked_at: SimTime,
    /// From when it holds.
    pub valid_from: SimTime,
    /// The first instant at which it no longer holds.
    pub valid_until: SimTime,
    /// When it was given back; none when it was kept.
    pub cancelled_at: Option<SimTime>,
    /// Whose it is.
    pub resident: u32,
    /// The number of the place where the holder lives.
    pub place: u16,
    /// What it permits.
    pub purpose: Purpose,
    /// How it was asked for.
    pub channel: Channel,
}

/// An officer's check of one resident on a trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// When.
    pub at: SimTime,
    /// Who was checked.
    pub resident: u32,
    /// The number of the place: the trip's origin on the way out, its destination on the way back.
    pub place: u16,
    /// What the trip was for.
    pub purpose: Purpose,
    /// What was found. A verify request goes out only where a pass was shown: for `Valid` and `Expired`.
    pub verdict: Verdict,
}

/// Everything that came of one day's intents. What residents do on the evening before for a trip of this day belongs to this day.
#[derive(Clone, Copy, Debug)]
pub struct DayRecords<'a> {
    /// The day; 0 is the first.
    pub day: u16,
    /// The trips that were made, by household, resident and departure.
    pub trips: &'a [Trip],
    /// The passes issued, in the order in which they were asked for.
    pub passes: &'a [Pass],
    /// The checks in the order of time.
    pub checks: &'a [Check],
    /// The requests that reached the server, in the order of time.
    pub requests: &'a [Request],
}

/// Who looks on while days pass: writers of tables. The records are gone afterwards.
pub trait Observer {
    /// Sees one day.
    ///
    /// # Errors
    /// Any error ends the simulation.
    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()>;
}

/// Nobody looks on.
impl Observer for () {
    fn day(&mut self, _: &DayRecords<'_>) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_compact() {
        assert_eq!((size_of::<Trip>(), size_of::<Pass>(), size_of::<Check>()), (32, 48, 16));
    }
}
