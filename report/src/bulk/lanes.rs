//! Rows laid out as columns.

use demand::{Request, SimTime};
use passes::Purpose;
use sim::{Check, Pass, Trip};

/// The number that stands for a missing one.
pub(super) const NO_NUMBER: i64 = i64::MIN;
/// The code that stands for a missing word.
pub(super) const NO_WORD: u8 = u8::MAX;

/// One column of some rows.
#[derive(Debug)]
pub(super) enum Lane {
    /// Whole numbers.
    Numbers(Vec<i64>),
    /// Words by their place among those of the column's schema.
    Words(Vec<u8>),
}

impl Lane {
    /// How many rows.
    pub(super) fn len(&self) -> usize {
        match self {
            Lane::Numbers(numbers) => numbers.len(),
            Lane::Words(codes) => codes.len(),
        }
    }
}

fn numbers<R>(rows: &[R], number: impl Fn(&R) -> i64) -> Lane {
    Lane::Numbers(rows.iter().map(number).collect())
}

fn words<R>(rows: &[R], code: impl Fn(&R) -> u8) -> Lane {
    Lane::Words(rows.iter().map(code).collect())
}

fn ms(at: SimTime) -> i64 {
    at.ms() as i64
}

/// Columns of [`crate::tables::TRIPS`].
pub(super) fn trips(rows: &[Trip]) -> Vec<Lane> {
    vec![
        numbers(rows, |trip| ms(trip.departs)),
        numbers(rows, |trip| ms(trip.returns)),
        numbers(rows, |trip| trip.resident.into()),
        numbers(rows, |trip| trip.household.into()),
        numbers(rows, |trip| trip.origin.into()),
        numbers(rows, |trip| trip.destination.into()),
        words(rows, |trip| trip.purpose as u8),
        words(rows, |trip| trip.pass as u8),
        words(rows, |trip| trip.check.map_or(NO_WORD, |verdict| verdict as u8)),
    ]
}

/// Columns of [`crate::tables::PASSES`].
pub(super) fn passes(rows: &[Pass]) -> Vec<Lane> {
    vec![
        numbers(rows, |pass| ms(pass.asked_at)),
        numbers(rows, |pass| ms(pass.valid_from)),
        numbers(rows, |pass| ms(pass.valid_until)),
        numbers(rows, |pass| pass.cancelled_at.map_or(NO_NUMBER, ms)),
        numbers(rows, |pass| pass.resident.into()),
        numbers(rows, |pass| pass.place.into()),
        words(rows, |pass| pass.purpose as u8),
        words(rows, |pass| pass.channel as u8),
    ]
}

/// Columns of [`crate::tables::CHECKS`].
pub(super) fn checks(rows: &[Check]) -> Vec<Lane> {
    vec![
        numbers(rows, |check| ms(check.at)),
        numbers(rows, |check| check.resident.into()),
        numbers(rows, |check| check.place.into()),
        words(rows, |check| check.purpose as u8),
        words(rows, |check| check.verdict as u8),
    ]
}

/// Columns of [`crate::tables::REQUESTS`].
pub(super) fn requests(rows: &[Request]) -> Vec<Lane> {
    let code = |purpose: Option<Purpose>| purpose.map_or(NO_WORD, |purpose| purpose as u8);
    vec![
        numbers(rows, |request| ms(request.at)),
        words(rows, |request| request.kind as u8),
        numbers(rows, |request| request.resident.into()),
        numbers(rows, |request| request.place.into()),
        words(rows, |request| code(request.purpose)),
    ]
}
