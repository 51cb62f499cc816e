//! Rows laid out as columns.

use demand::{Request, SimTime};
use sim::{Check, GateMinute, Pass, Trip};

use super::figures;
use crate::tables::{CHECKS, GATES, PASSES, QUARTER_HOURS, REQUESTS, TRIPS, TableSchema};

/// The number that stands for a missing one.
pub(super) const NO_NUMBER: i64 = i64::MIN;
/// The code that stands for a missing cell, in columns where one may be missing.
pub(super) const NO_CODE: u16 = u16::MAX;

const MINUTE_MS: u64 = 60_000;
const QUARTER_MIN: u16 = 15;

/// One column of some rows.
#[derive(Clone, Debug)]
pub(super) enum Lane {
    /// Whole numbers.
    Numbers(Vec<i64>),
    /// Whole numbers none of which is below zero, above 32 bits or missing: half the room, and half the work of packing them.
    Small(Vec<u32>),
    /// Cells of which there are few different ones.
    Codes(Vec<u16>, Meaning),
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    /// A word, by its place among those of the column.
    Word,
    /// The number itself.
    Number,
    /// A number of two figures ([`figures`]).
    TwoFigures,
    /// A time of day, in minutes after midnight.
    Clock,
}

impl Lane {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Lane::Numbers(numbers) => numbers.len(),
            Lane::Small(numbers) => numbers.len(),
            Lane::Codes(codes, _) => codes.len(),
        }
    }

    fn clear(&mut self) {
        match self {
            Lane::Numbers(numbers) => numbers.clear(),
            Lane::Small(numbers) => numbers.clear(),
            Lane::Codes(codes, _) => codes.clear(),
        }
    }
}

/// `07:15` of 435.
pub(super) fn clock(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// The lanes of a table while they fill.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    /// The lane that is filled next with cells of the rows at hand.
    next: usize,
}

impl Lanes {
    /// The lanes in the order of the schema.
    pub(super) fn all(&self) -> &[Lane] {
        &self.lanes
    }

    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.lanes.first().map_or(0, Lane::len)
    }

    /// Adds rows.
    pub(super) fn lay<R: Row>(&mut self, rows: &[R]) {
        self.next = 0;
        R::lay(rows, self);
    }

    /// Forgets all rows, and keeps the room they took.
    pub(super) fn clear(&mut self) {
        self.lanes.iter_mut().for_each(Lane::clear);
    }

    fn numbers<R>(&mut self, rows: &[R], number: impl Fn(&R) -> i64) {
        if let Lane::Numbers(numbers) = self.lane(|| Lane::Numbers(Vec::new())) {
            numbers.extend(rows.iter().map(number));
        }
    }

    fn small<R>(&mut self, rows: &[R], number: impl Fn(&R) -> u32) {
        if let Lane::Small(numbers) = self.lane(|| Lane::Small(Vec::new())) {
            numbers.extend(rows.iter().map(number));
        }
    }

    fn codes<R>(&mut self, meaning: Meaning, rows: &[R], code: impl Fn(&R) -> u16) {
        if let Lane::Codes(codes, _) = self.lane(|| Lane::Codes(Vec::new(), meaning)) {
            codes.extend(rows.iter().map(code));
        }
    }

    /// The next lane; the first rows of all make it.
    fn lane(&mut self, empty: impl FnOnce() -> Lane) -> &mut Lane {
        if self.next == self.lanes.len() {
            self.lanes.push(empty());
        }
        self.next += 1;
        &mut self.lanes[self.next - 1]
    }
}

/// A row of a bulk table.
pub(super) trait Row: Copy {
    /// The table.
    const SCHEMA: &'static TableSchema;

    /// Lays out the cells of `rows`, column by column in the order of the schema.
    fn lay(rows: &[Self], lanes: &mut Lanes);
}

fn ms(at: SimTime) -> i64 {
    at.ms() as i64
}

/// Whole seconds, rounded down; a scenario has 366 days at most, whose seconds fit.
fn s(at: SimTime) -> u32 {
    (at.ms() / 1_000) as u32
}

/// The local time of day of `at`: `07:15`.
pub(crate) fn time_local(at: SimTime) -> String {
    clock(minute_of_day(at))
}

fn minute_of_day(at: SimTime) -> u16 {
    (at.ms() % SimTime::DAY_MS / MINUTE_MS) as u16
}

impl Row for Trip {
    const SCHEMA: &'static TableSchema = &TRIPS;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.small(rows, |trip| s(trip.departs));
        lanes.small(rows, |trip| s(trip.returns) - s(trip.departs));
        lanes.small(rows, |trip| trip.resident);
        lanes.small(rows, |trip| trip.household);
        lanes.codes(Meaning::Number, rows, |trip| trip.origin);
        lanes.codes(Meaning::Number, rows, |trip| trip.destination);
        lanes.codes(Meaning::TwoFigures, rows, |trip| figures::code(trip.distance_m));
        lanes.codes(Meaning::Number, rows, |trip| trip.stop.into());
        lanes.codes(Meaning::Word, rows, |trip| trip.purpose as u16);
        lanes.codes(Meaning::Word, rows, |trip| trip.pass as u16);
        lanes.codes(Meaning::Word, rows, |trip| trip.check.map_or(NO_CODE, |verdict| verdict as u16));
    }
}

impl Row for Pass {
    const SCHEMA: &'static TableSchema = &PASSES;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.numbers(rows, |pass| ms(pass.asked_at));
        lanes.numbers(rows, |pass| ms(pass.valid_from));
        lanes.numbers(rows, |pass| ms(pass.valid_until));
        lanes.numbers(rows, |pass| pass.cancelled_at.map_or(NO_NUMBER, ms));
        lanes.small(rows, |pass| pass.resident);
        lanes.codes(Meaning::Number, rows, |pass| pass.place);
        lanes.codes(Meaning::Word, rows, |pass| pass.purpose as u16);
        lanes.codes(Meaning::Word, rows, |pass| pass.channel as u16);
    }
}

impl Row for Check {
    const SCHEMA: &'static TableSchema = &CHECKS;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.numbers(rows, |check| ms(check.at));
        lanes.small(rows, |check| check.resident);
        lanes.codes(Meaning::Number, rows, |check| check.place);
        lanes.codes(Meaning::Word, rows, |check| check.purpose as u16);
        lanes.codes(Meaning::Word, rows, |check| check.verdict as u16);
    }
}

impl Row for Request {
    const SCHEMA: &'static TableSchema = &REQUESTS;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.numbers(rows, |request| ms(request.at));
        lanes.codes(Meaning::Word, rows, |request| request.kind as u16);
        lanes.small(rows, |request| request.resident);
        lanes.codes(Meaning::Number, rows, |request| request.place);
        lanes.codes(Meaning::Word, rows, |request| request.purpose.map_or(NO_CODE, |purpose| purpose as u16));
    }
}

impl Row for GateMinute {
    const SCHEMA: &'static TableSchema = &GATES;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.numbers(rows, |minute| minute.at.day() as i64);
        lanes.codes(Meaning::Clock, rows, |minute| minute_of_day(minute.at));
        lanes.codes(Meaning::Word, rows, |minute| minute.gate);
        lanes.codes(Meaning::Number, rows, |minute| minute.place);
        lanes.numbers(rows, |minute| minute.arrivals.into());
        lanes.numbers(rows, |minute| minute.checked.into());
        lanes.numbers(rows, |minute| minute.turned_back.into());
        lanes.numbers(rows, |minute| minute.longest_queue.into());
        lanes.numbers(rows, |minute| mean_wait_ms(minute) as i64);
        lanes.numbers(rows, |minute| minute.wait_max_ms.into());
        lanes.numbers(rows, |minute| minute.wait_sum_ms as i64);
    }
}

/// The mean waiting time of those who came in `minute`, in whole milliseconds.
pub(crate) fn mean_wait_ms(minute: &GateMinute) -> u64 {
    minute.wait_sum_ms / u64::from(minute.arrivals.max(1))
}

/// A place in a quarter of an hour in which somebody is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuarterHour {
    pub(super) day: u16,
    /// Which quarter of the day.
    pub(super) quarter: u16,
    pub(super) place: u16,
    pub(super) out: u32,
    pub(super) in_shops: u32,
}

impl Row for QuarterHour {
    const SCHEMA: &'static TableSchema = &QUARTER_HOURS;

    fn lay(rows: &[Self], lanes: &mut Lanes) {
        lanes.numbers(rows, |row| row.day.into());
        lanes.codes(Meaning::Clock, rows, |row| row.quarter * QUARTER_MIN);
        lanes.codes(Meaning::Number, rows, |row| row.place);
        lanes.numbers(rows, |row| row.out.into());
        lanes.numbers(rows, |row| row.in_shops.into());
    }
}
