//! What happened, as rows for observers.

use std::io;

use demand::{Request, SimTime, Trace};
use passes::{Channel, Purpose};
use serde::Serialize;

use crate::cell::Cell;

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
    /// The service did not answer in time, and the resident went all the same.
    GaveUp,
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
    /// A pass that was annulled after it had been issued.
    Annulled,
    /// A pass was shown, and the service did not answer whether it holds.
    NoAnswer,
}

impl PassOutcome {
    /// All outcomes, in the order of their numbers.
    pub const ALL: [PassOutcome; 5] =
        [PassOutcome::NotNeeded, PassOutcome::Issued, PassOutcome::Refused, PassOutcome::Without, PassOutcome::GaveUp];

    /// The name in tables, such as `not_needed`.
    pub const fn name(self) -> &'static str {
        match self {
            PassOutcome::NotNeeded => "not_needed",
            PassOutcome::Issued => "issued",
            PassOutcome::Refused => "refused",
            PassOutcome::Without => "without",
            PassOutcome::GaveUp => "gave_up",
        }
    }
}

impl Verdict {
    /// All verdicts, in the order of their numbers.
    pub const ALL: [Verdict; 6] =
        [Verdict::Valid, Verdict::Expired, Verdict::NoPass, Verdict::NotNeeded, Verdict::Annulled, Verdict::NoAnswer];

    /// The name in tables, such as `no_pass`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Expired => "expired",
            Verdict::NoPass => "no_pass",
            Verdict::NotNeeded => "not_needed",
            Verdict::Annulled => "annulled",
            Verdict::NoAnswer => "no_answer",
        }
    }
}

/// A trip: from home, or from the stop before on the same tour, to one destination, until the resident is home again or leaves for the
/// next stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trip {
    /// When the resident leaves home or the stop before.
    pub departs: SimTime,
    /// When the resident is home again or leaves for the next stop of the tour; may fall on the next day.
    pub returns: SimTime,
    /// Who: the number of a resident of the region.
    pub resident: u32,
    /// Of which household.
    pub household: u32,
    /// How far from home the destination lies, as the crow flies, in metres.
    pub distance_m: u32,
    /// The number of the place where the resident lives.
    pub origin: u16,
    /// The number of the place gone to.
    pub destination: u16,
    /// Which stop of its tour this is: 0 for the first, which leaves from home.
    pub stop: u8,
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
    /// When it was given back, or annulled; none when it was kept.
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
    /// What was found. A verify request goes out only where a pass was shown: not for `NoPass` and `NotNeeded`.
    pub verdict: Verdict,
}

/// A minute at the gates of one kind in one place, when somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateMinute {
    /// When the minute begins.
    pub at: SimTime,
    /// Residents who came, all these gates together.
    pub arrivals: u32,
    /// Of these, residents whom an officer looked at.
    pub checked: u32,
    /// Of these, residents sent home.
    pub turned_back: u32,
    /// The longest queue that one of them met, at one gate, in people.
    pub longest_queue: u32,
    /// The sum of their waiting times until an officer was free or they went home, in milliseconds.
    pub wait_sum_ms: u64,
    /// The longest of these.
    pub wait_max_ms: u32,
    /// The number of the place.
    pub place: u16,
    /// Which kind of gate: its index in `checks.gates`.
    pub gate: u16,
}

/// How many residents are out, by place and quarter of an hour of one day, at the start of each quarter.
#[derive(Clone, Copy, Debug)]
pub struct Quarters<'a> {
    /// For each quarter of the day, for each place: residents on a trip whose destination is there.
    pub(crate) out: &'a [u32],
    /// The same of those who are shopping: groceries and pharmacy.
    pub(crate) in_shops: &'a [u32],
    pub(crate) places: usize,
}

impl<'a> Quarters<'a> {
    /// Quarters of an hour in a day.
    pub const PER_DAY: usize = 96;

    /// Of counts for each quarter of the day, for each of so many `places`: who is out, and who of these is shopping.
    pub const fn new(out: &'a [u32], in_shops: &'a [u32], places: usize) -> Self {
        Quarters { out, in_shops, places }
    }

    /// How many places there are.
    pub fn places(&self) -> usize {
        self.places
    }

    /// Residents on a trip to `place` as `quarter` begins.
    pub fn out(&self, quarter: usize, place: usize) -> u32 {
        self.out[quarter * self.places + place]
    }

    /// Of these, residents who are shopping.
    pub fn in_shops(&self, quarter: usize, place: usize) -> u32 {
        self.in_shops[quarter * self.places + place]
    }
}

/// The trips of a day, by household, resident and departure.
#[derive(Clone, Copy)]
pub struct Trips<'a> {
    cells: &'a [Cell<'a>],
    day: u16,
    list: &'a [Trip],
}

impl std::fmt::Debug for Trips<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> Trips<'a> {
    /// Trips that stand in order.
    pub const fn new(list: &'a [Trip]) -> Self {
        Trips { cells: &[], day: 0, list }
    }

    /// The trips that the people of `cells` made on `day`.
    pub(crate) const fn of_cells(cells: &'a [Cell<'a>], day: u16) -> Self {
        Trips { cells, day, list: &[] }
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Trip> + Clone + 'a {
        let day = self.day;
        let made =
            |cell: &'a Cell<'a>| cell.day.trips.iter().filter(|trip| trip.is_made()).zip(std::iter::repeat(cell));
        let of_cells = self.cells.iter().flat_map(made).map(move |(trip, cell)| trip.full(cell.people, day));
        of_cells.chain(self.list.iter().copied())
    }

    /// Shows all of them in order to `see`, until that fails: the quicker way to go through millions.
    ///
    /// # Errors
    /// What `see` fails with.
    #[inline]
    pub fn try_for_each<E>(&self, mut see: impl FnMut(Trip) -> Result<(), E>) -> Result<(), E> {
        for cell in self.cells {
            for trip in cell.day.trips.iter().filter(|trip| trip.is_made()) {
                see(trip.full(cell.people, self.day))?;
            }
        }
        self.list.iter().copied().try_for_each(see)
    }
}

/// What an observer asks to be shown. What nobody wants is not even put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Trips.
    pub trips: bool,
    /// Passes.
    pub passes: bool,
    /// Checks.
    pub checks: bool,
    /// Requests.
    pub requests: bool,
}

impl Wants {
    /// Everything.
    pub const ALL: Wants = Wants { trips: true, passes: true, checks: true, requests: true };
    /// Counts only.
    pub const NOTHING: Wants = Wants { trips: false, passes: false, checks: false, requests: false };

    /// What one of two observers asks for.
    pub fn or(self, other: Wants) -> Wants {
        Wants {
            trips: self.trips || other.trips,
            passes: self.passes || other.passes,
            checks: self.checks || other.checks,
            requests: self.requests || other.requests,
        }
    }
}

/// What came of one day. Trips, passes and checks are those of the day's intents: what residents do on the evening before for a trip of
/// this day belongs to this day.
#[derive(Clone, Copy, Debug)]
pub struct DayRecords<'a> {
    /// The day; 0 is the first.
    pub day: u16,
    /// The trips that were made, by household, resident and departure.
    pub trips: Trips<'a>,
    /// The passes issued, in the order in which they were asked for.
    pub passes: &'a [Pass],
    /// The checks in the order of time.
    pub checks: &'a [Check],
    /// The requests that reached the server and were not shown before, in the order of time over all days: up to the end of the day
    /// before, since some of this day may yet be asked on account of the next; on the last day all that are left.
    pub requests: &'a [Request],
    /// How many residents are out.
    pub quarters: Quarters<'a>,
    /// The queues at gates, by time, gate and place.
    pub gates: &'a [GateMinute],
}

/// Who looks on while days pass: writers of tables. The records are gone afterwards.
pub trait Observer {
    /// What it wants to see. Counts by day, place and group are made in any case.
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    /// Sees one day.
    ///
    /// # Errors
    /// Any error ends the simulation.
    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()>;

    /// Sees, when a run is stopped, the requests of the last whole day that were held back, in the order of time.
    ///
    /// # Errors
    /// Any error ends the simulation.
    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        let _ = requests;
        Ok(())
    }
}

/// Nobody looks on.
impl Observer for () {
    fn wants(&self) -> Wants {
        Wants::NOTHING
    }

    fn day(&mut self, _: &DayRecords<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps all requests: the trace of a run.
#[derive(Clone, Debug, Default)]
pub struct TraceKeeper {
    requests: Vec<Request>,
}

impl TraceKeeper {
    /// All requests shown so far, in order.
    pub fn into_trace(self) -> Trace {
        Trace::new(self.requests)
    }
}

impl Observer for TraceKeeper {
    fn wants(&self) -> Wants {
        Wants { requests: true, ..Wants::NOTHING }
    }

    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        self.requests.extend_from_slice(day.requests);
        Ok(())
    }

    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        self.requests.extend_from_slice(requests);
        Ok(())
    }
}

/// Two observers look on.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn wants(&self) -> Wants {
        self.0.wants().or(self.1.wants())
    }

    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        self.0.day(day)?;
        self.1.day(day)
    }

    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        self.0.stopped(requests)?;
        self.1.stopped(requests)
    }
}

/// Someone else's observer looks on.
impl<O: Observer + ?Sized> Observer for &mut O {
    fn wants(&self) -> Wants {
        (**self).wants()
    }

    fn day(&mut self, day: &DayRecords<'_>) -> io::Result<()> {
        (**self).day(day)
    }

    fn stopped(&mut self, requests: &[Request]) -> io::Result<()> {
        (**self).stopped(requests)
    }
}
