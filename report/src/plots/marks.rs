//! Names of vertical lines, in rows above a plot: each beside its line, where no other line runs through it.

use super::drawing::Align;
use super::style::WIDTH;

/// Between a line and its name.
const GAP: f64 = 14.0;
/// Between a name and the line of another.
const APART: f64 = 8.0;
/// So many lines have names at most.
const MOST: usize = 3;
const ORDERS: [[usize; MOST]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
/// On which side of its line a name may stand, the best first.
const SIDES: [Align; 3] = [Align::Left, Align::Right, Align::Center];

/// Where the name of a line stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    /// From the top; the line begins in this row.
    pub(super) row: usize,
    /// As the text is aligned: to the left is a name that begins right of the line; a centred one stands on top of the line.
    pub(super) align: Align,
}

impl Spot {
    /// From where to where the name of this width reaches that belongs to the line at `x`.
    pub(super) fn reach(self, x: f64, width: f64) -> (f64, f64) {
        match self.align {
            Align::Left => (x + GAP, x + GAP + width),
            Align::Right => (x - GAP - width, x - GAP),
            Align::Center => (x - width / 2.0, x + width / 2.0),
        }
    }

    /// Where the text is anchored.
    pub(super) fn anchor(self, x: f64) -> f64 {
        match self.align {
            Align::Left => x + GAP,
            Align::Right => x - GAP,
            Align::Center => x,
        }
    }
}

/// Where the names of up to three lines stand, each given by its place on the horizontal axis and the width of its name in pixels: so that
/// all are on the picture and as few as can be are crossed by a line, which comes down from its own row.
pub(super) fn arrange(lines: &[(f64, f64)]) -> Vec<Spot> {
    let sides = |code: usize, line: usize| SIDES[code / SIDES.len().pow(line as u32) % SIDES.len()];
    let codes = SIDES.len().pow(lines.len() as u32);
    let spots = |(order, code): (&[usize; MOST], usize)| {
        let rows = order.iter().filter(|line| **line < lines.len());
        let mut spots = vec![Spot { row: 0, align: Align::Left }; lines.len()];
        for (row, line) in rows.enumerate() {
            spots[*line] = Spot { row, align: sides(code, *line) };
        }
        spots
    };
    let all = ORDERS.iter().flat_map(|order| (0..codes).map(move |code| (order, code))).map(spots);
    // The first of the best: in the order given, and to the right.
    all.min_by_key(|spots| faults(lines, spots)).unwrap_or_default()
}

/// Names beyond the edges, names crossed by lines, and names on top of their lines.
fn faults(lines: &[(f64, f64)], spots: &[Spot]) -> (usize, usize, usize) {
    let named = || lines.iter().zip(spots);
    let reach = |((x, width), spot): (&(f64, f64), &Spot)| spot.reach(*x, *width);
    let beyond = named().map(reach).filter(|(from, to)| *from < 0.0 || *to > WIDTH).count();
    let crossed = named().map(|(line, spot)| {
        let (from, to) = reach((line, spot));
        named().filter(|((x, _), other)| other.row < spot.row && (from - APART..=to + APART).contains(x)).count()
    });
    (beyond, crossed.sum(), spots.iter().filter(|spot| spot.align == Align::Center).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_stand_right_of_their_lines_in_the_order_given() {
        let spot = |row, align| Spot { row, align };
        assert_eq!(arrange(&[(200.0, 300.0), (600.0, 200.0)]), [spot(0, Align::Left), spot(1, Align::Left)]);
        // A capacity far above the peak: the name of the peak would be crossed by the two lines right of it.
        let far = arrange(&[(955.0, 500.0), (892.0, 270.0), (625.0, 450.0)]);
        assert_eq!(faults(&[(955.0, 500.0), (892.0, 270.0), (625.0, 450.0)], &far), (0, 0, 0));
        assert_eq!(arrange(&[]), []);
    }

    proptest! {
        #[test]
        fn names_as_wide_as_they_are_stay_on_the_picture(
            at in prop::collection::vec(190.0..1_080.0_f64, 3), widths in prop::collection::vec(250.0..500.0_f64, 3)
        ) {
            let lines: Vec<(f64, f64)> = at.into_iter().zip(widths).collect();
            for most in 1..=MOST {
                let spots = arrange(&lines[..most]);
                prop_assert_eq!(faults(&lines[..most], &spots).0, 0);
                let mut rows: Vec<usize> = spots.iter().map(|spot| spot.row).collect();
                rows.sort_unstable();
                prop_assert!(rows.into_iter().eq(0..most));
            }
        }
    }
}
