//! Where names stand on a map: beside their circles where there is room, of the foremost also farther off with a line, else nowhere.

use super::drawing::{Align, Point};
use super::style::TEXT;

/// So many names stand on a map at most: more would hide where places lie.
const MOST_NAMES: usize = 12;
/// So many of the foremost places may have a name farther off: lines to more would cross the whole map.
const MOST_LINED: usize = 8;
/// How far from its circle a name is tried, in pixels; but for the nearest a line leads to it.
const DISTANCES: [f64; 7] = [10.0, 36.0, 62.0, 90.0, 120.0, 150.0, 180.0];
/// On which sides of its circle, the best first: right, left, aslant, above and below.
const SIDES: [Point; 12] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.866, -0.5),
    (0.866, 0.5),
    (-0.866, -0.5),
    (-0.866, 0.5),
    (0.5, -0.866),
    (0.5, 0.866),
    (-0.5, -0.866),
    (-0.5, 0.866),
    (0.0, -1.0),
    (0.0, 1.0),
];
/// Between a line and the name that it leads to.
const GAP: f64 = 6.0;

/// The circle of a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disc {
    pub(super) at: Point,
    pub(super) radius: f64,
}

/// A rectangle with sides along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

/// Where a name stands.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// Which place it names.
    pub(super) index: usize,
    pub(super) at: Point,
    pub(super) align: Align,
    /// A line from the middle of the circle, where the name stands apart from it.
    pub(super) line: Option<(Point, Point)>,
    room: Room,
}

/// Room for the names of places, of these widths in pixels and the foremost place first: each takes the first spot that is free of circles
/// and of names and lines before it. Names without such a spot are left out.
pub(super) fn place(widths: &[f64], discs: &[Disc], frame: Room) -> Vec<Label> {
    let mut labels: Vec<Label> = Vec::new();
    for (index, (width, disc)) in widths.iter().zip(discs).enumerate() {
        if labels.len() == MOST_NAMES {
            break;
        }
        let reach = if index < MOST_LINED { &DISTANCES[..] } else { &DISTANCES[..1] };
        let spots =
            reach.iter().flat_map(|distance| SIDES.map(|side| Label::at(index, *width, *disc, side, *distance)));
        let free = spots.into_iter().find(|label| label.is_free(&labels, discs, frame));
        labels.extend(free);
    }
    labels
}

impl Label {
    /// A name so far from its circle on one side of it.
    fn at(index: usize, width: f64, disc: Disc, (right, down): Point, distance: f64) -> Self {
        let reach = disc.radius + distance;
        let (x, y) = (disc.at.0 + right * reach, disc.at.1 + down * reach);
        let has_line = distance > DISTANCES[0];
        let gap = if has_line { GAP } else { 0.0 };
        let (at, align, left) = match right {
            0.0 => ((x, y + down * TEXT / 2.0), Align::Center, x - width / 2.0),
            right if right > 0.0 => ((x + gap, y), Align::Left, x + gap),
            _ => ((x - gap, y), Align::Right, x - gap - width),
        };
        let (top, bottom) = (at.1 - TEXT / 2.0, at.1 + TEXT / 2.0);
        let room = Room { left, top, right: left + width, bottom };
        Label { index, at, align, line: has_line.then_some((disc.at, (x, y))), room }
    }

    fn is_free(&self, others: &[Label], discs: &[Disc], frame: Room) -> bool {
        let is_apart = |other: &Label| {
            let crosses = |line: Option<(Point, Point)>, room: &Room| line.is_some_and(|line| room.is_crossed(line));
            let lines_cross = self.line.zip(other.line).is_some_and(|(a, b)| cross(a, b));
            !self.room.overlaps(&other.room)
                && !crosses(self.line, &other.room)
                && !crosses(other.line, &self.room)
                && !lines_cross
        };
        self.room.is_within(&frame)
            && others.iter().all(is_apart)
            && discs.iter().all(|disc| self.room.distance(disc.at) > disc.radius)
    }
}

impl Room {
    fn overlaps(&self, other: &Room) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }

    fn is_within(&self, frame: &Room) -> bool {
        self.left >= frame.left && self.right <= frame.right && self.top >= frame.top && self.bottom <= frame.bottom
    }

    /// From the nearest point of the rectangle; 0 within it.
    fn distance(&self, (x, y): Point) -> f64 {
        (x - x.clamp(self.left, self.right)).hypot(y - y.clamp(self.top, self.bottom))
    }

    /// Whether a line goes through: it ends within, or crosses a diagonal.
    fn is_crossed(&self, line: (Point, Point)) -> bool {
        let falling = ((self.left, self.top), (self.right, self.bottom));
        let rising = ((self.left, self.bottom), (self.right, self.top));
        self.distance(line.1) == 0.0 || self.distance(line.0) == 0.0 || cross(line, falling) || cross(line, rising)
    }
}

/// Whether two lines cross: each has its ends on both sides of the other.
fn cross(a: (Point, Point), b: (Point, Point)) -> bool {
    let side = |(from, to): (Point, Point), point: Point| {
        (to.0 - from.0) * (point.1 - from.1) - (to.1 - from.1) * (point.0 - from.0)
    };
    side(a, b.0) * side(a, b.1) < 0.0 && side(b, a.0) * side(b, a.1) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Room = Room { left: 0.0, top: 0.0, right: 1_000.0, bottom: 800.0 };

    #[test]
    fn a_lone_place_is_named_beside_its_circle() {
        let labels = place(&[200.0], &[Disc { at: (500.0, 400.0), radius: 30.0 }], FRAME);
        assert_eq!((labels[0].at, labels[0].align, labels[0].line), ((540.0, 400.0), Align::Left, None));
        let at_the_edge = place(&[200.0], &[Disc { at: (900.0, 400.0), radius: 30.0 }], FRAME);
        assert_eq!((at_the_edge[0].at, at_the_edge[0].align), ((860.0, 400.0), Align::Right));
    }

    #[test]
    fn in_a_crowd_the_foremost_are_named_outside_it_and_the_others_not() {
        let crowd: Vec<Disc> = (0..100)
            .map(|place| {
                // The middle of the crowd comes first.
                let (column, row) = ((place + 5) % 10, (place / 10 + 5) % 10);
                Disc { at: (410.0 + 20.0 * f64::from(column), 310.0 + 20.0 * f64::from(row)), radius: 14.0 }
            })
            .collect();
        let labels = place(&[150.0; 100], &crowd, FRAME);
        let lined: Vec<usize> = labels.iter().filter(|label| label.line.is_some()).map(|label| label.index).collect();
        assert!(lined.len() >= 4 && lined.contains(&0), "{lined:?}");
        let is_inner = |(x, y): Point| (420.0..=580.0).contains(&x) && (320.0..=480.0).contains(&y);
        assert!(labels.iter().filter(|label| label.line.is_none()).all(|label| !is_inner(crowd[label.index].at)));
        assert!(labels.len() <= MOST_NAMES);
    }

    proptest! {
        #[test]
        fn names_touch_no_circle_and_no_other_name(
            places in prop::collection::vec((0.0..1_000.0_f64, 0.0..800.0_f64, 2.0..60.0_f64, 60.0..400.0_f64), 1..60)
        ) {
            let discs: Vec<Disc> = places.iter().map(|(x, y, radius, _)| Disc { at: (*x, *y), radius: *radius }).collect();
            let widths: Vec<f64> = places.iter().map(|place| place.3).collect();
            let labels = place(&widths, &discs, FRAME);
            for (index, label) in labels.iter().enumerate() {
                prop_assert!(label.room.is_within(&FRAME));
                prop_assert!(discs.iter().all(|disc| label.room.distance(disc.at) > disc.radius));
                prop_assert!((label.room.right - label.room.left - widths[label.index]).abs() < 1e-9);
                for other in &labels[..index] {
                    prop_assert!(!label.room.overlaps(&other.room));
                    prop_assert!(label.line.is_none_or(|line| !other.room.is_crossed(line)));
                    prop_assert!(other.line.is_none_or(|line| !label.room.is_crossed(line)));
                }
            }
        }
    }
}
