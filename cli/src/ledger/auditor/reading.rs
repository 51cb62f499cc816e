//! Whether values tell the time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use reference_server::raw::Cell;

/// Units in which a time may be kept, as so many in a second. A day alone is no time here: it says that somebody was there on a day, and not
/// when.
const UNITS_A_SECOND: [f64; 6] = [1e9, 1e6, 1e3, 1.0, 1.0 / 60.0, 1.0 / 3_600.0];
/// So many units the values must differ by, or they may only count.
const LEAST_SPREAD: f64 = 3.0;
/// Fewer values prove nothing.
const LEAST_VALUES: usize = 4;

/// Ways to read a number out of a value.
const READINGS: [fn(&Cell) -> Option<f64>; 4] = [number, date, big_endian, little_endian];

/// Whether the values follow the clock: between any two of them as much time has passed as between the instants (in seconds) beside them.
/// From which moment they count does not matter.
pub(super) fn follows_clock(values: &[(i64, &Cell)]) -> bool {
    let read = |reading: &fn(&Cell) -> Option<f64>| {
        values.iter().map(|(at_s, cell)| Some((*at_s as f64, reading(cell)?))).collect::<Option<Vec<_>>>()
    };
    values.len() >= LEAST_VALUES && READINGS.iter().filter_map(read).any(|points| is_clock(&points))
}

fn is_clock(points: &[(f64, f64)]) -> bool {
    let Some(&(first_s, first)) = points.first() else { return false };
    let spread = points.iter().map(|(_, value)| (value - first).abs()).fold(0.0, f64::max);
    // To the second, or to the unit where that is longer.
    let fits = |unit: &f64| {
        points.iter().all(|(at_s, value)| (value - first - (at_s - first_s) * unit).abs() <= unit.max(1.0))
            && spread >= LEAST_SPREAD * unit.max(1.0)
    };
    UNITS_A_SECOND.iter().any(fits)
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(number) => Some(*number as f64),
        Cell::Real(bits) => Some(f64::from_bits(*bits)),
        Cell::Text(text) => text.trim().parse().ok(),
        Cell::Null | Cell::Bytes(_) => None,
    }
}

/// A date with a time of day, in seconds.
fn date(cell: &Cell) -> Option<f64> {
    let Cell::Text(text) = cell else { return None };
    let local = || text.trim().parse::<DateTime>().ok().and_then(|local| Offset::UTC.to_timestamp(local).ok());
    let timestamp = text.trim().parse::<Timestamp>().ok().or_else(local)?;
    Some(timestamp.as_millisecond() as f64 / 1e3)
}

fn big_endian(cell: &Cell) -> Option<f64> {
    bytes(cell).map(|bytes| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) as f64)
}

fn little_endian(cell: &Cell) -> Option<f64> {
    bytes(cell).map(|bytes| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)) as f64)
}

fn bytes(cell: &Cell) -> Option<&[u8]> {
    match cell {
        Cell::Bytes(bytes) if (4..=8).contains(&bytes.len()) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_S: [i64; 6] = [0, 3, 44, 51, 4_000, 91_000];

    fn follows(cell: impl Fn(i64) -> Cell) -> bool {
        let cells: Vec<Cell> = AT_S.iter().map(|at_s| cell(*at_s)).collect();
        follows_clock(&AT_S.into_iter().zip(&cells).collect::<Vec<_>>())
    }

    #[test]
    fn a_time_is_known_in_every_unit_and_form() {
        const NOW_S: i64 = 1_585_900_000;
        let text = |s: i64| Timestamp::from_second(NOW_S + s).unwrap().to_string();
        assert!(follows(|s| Cell::Integer(NOW_S + s)));
        assert!(follows(|s| Cell::Integer((NOW_S + s) * 1_000 + 7)));
        assert!(follows(|s| Cell::Integer((NOW_S + s) / 60)));
        assert!(follows(|s| Cell::Integer((NOW_S + s) / 3_600)));
        assert!(follows(|s| Cell::Real(((NOW_S + s) as f64 + 0.25).to_bits())));
        assert!(follows(|s| Cell::Text((NOW_S + s).to_string())));
        assert!(follows(|s| Cell::Text(text(s))));
        assert!(follows(|s| Cell::Text(text(s).trim_end_matches('Z').to_owned())));
        assert!(follows(|s| Cell::Bytes((NOW_S + s).to_be_bytes().into())));
        assert!(follows(|s| Cell::Bytes(((NOW_S + s) as u32).to_le_bytes().into())));
    }

    #[test]
    fn what_only_counts_or_stands_still_is_no_time() {
        let rank = |s: i64| AT_S.iter().position(|at_s| *at_s == s).unwrap() as i64;
        assert!(!follows(|s| Cell::Integer(rank(s))));
        assert!(!follows(|s| Cell::Integer(rank(s) * 3_600)));
        assert!(!follows(|_| Cell::Integer(1_585_900_000)));
        assert!(!follows(|s| Cell::Integer((1_585_900_000 + s) / 86_400)), "a day alone");
        assert!(!follows(|s| Cell::Bytes((s as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes().into())));
        assert!(!follows(|_| Cell::Null));
    }
}
