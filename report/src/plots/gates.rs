//! The wait at the worst gates through their worst day.

use jiff::civil::Date;

use super::Picture;
use super::drawing::{Align, Drawing, Point, Stroke};
use super::panel::{Panel, Tick, ticks};
use super::scale::Scale;
use super::style::{BLUE, INK, ORANGE, SOFT_INK, TEXT, WIDTH, title};
use crate::number::figures;

/// Minutes without anybody at the gates after which a line is not drawn on.
const LONGEST_GAP_MIN: f64 = 15.0;
/// Minutes between values beside the axis, the fewest that are not too many.
const TICKS_MIN: [u32; 5] = [15, 30, 60, 180, 360];
const MOST_TICKS: u32 = 4;

/// The gates of one kind in one place on one day, minute by minute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GateQueue {
    pub(crate) gate: String,
    pub(crate) place: String,
    pub(crate) date: Date,
    /// Minutes after midnight, rising.
    pub(crate) minute: Vec<f64>,
    pub(crate) wait_mean_min: Vec<f64>,
    pub(crate) wait_max_min: Vec<f64>,
    /// The longest queue at one gate, in people.
    pub(crate) queue: Vec<f64>,
}

impl GateQueue {
    /// The picture: waiting time above, queue below.
    pub(crate) fn picture(&self) -> Picture {
        let mut drawing = Drawing::new(WIDTH, 1000.0);
        let day = self.date.strftime("%-d %B %Y");
        title(&mut drawing, &format!("Waiting at gates: {}", self.gate), &format!("{}, {day}", self.place));
        let (first, last) = (self.minute.first().copied().unwrap_or(0.0), self.minute.last().copied().unwrap_or(0.0));
        let x = Scale::Linear { from: first, to: last.max(first + 1.0) };
        let panel = |top, bottom, values: &[f64]| {
            let y = Scale::from_zero(values.iter().copied().fold(0.0, f64::max));
            Panel { left: 150.0, right: WIDTH - 260.0, top, bottom, x, y }
        };
        let lines = [
            ("longest", &self.wait_max_min, Stroke::full(ORANGE, 5)),
            ("mean", &self.wait_mean_min, Stroke { color: BLUE, width: 5, dash: Some((30.0, 10.0)) }),
        ];
        let wait = panel(210.0, 560.0, &self.wait_max_min);
        drawing.text((20.0, 160.0), "waiting time, minutes", TEXT, Align::Left, SOFT_INK);
        wait.draw_y(&mut drawing, &ticks(wait.y, 5, figures));
        wait.draw_x(&mut drawing, &[]);
        for (_, values, stroke) in lines {
            wait.draw_line(&mut drawing, self.points(values), stroke);
        }
        wait.draw_labels(&mut drawing, &lines.map(|(name, values, stroke)| (greatest(values), name, stroke)));
        drawing.text((20.0, 640.0), "longest queue at one gate, people", TEXT, Align::Left, SOFT_INK);
        let queue = panel(690.0, 900.0, &self.queue);
        queue.draw_y(&mut drawing, &ticks(queue.y, 3, figures));
        queue.draw_x(&mut drawing, &hours(first as u32, last as u32));
        queue.draw_line(&mut drawing, self.points(&self.queue), Stroke::full(INK, 4));
        let alt = format!(
            "Waiting time and queue at {} in {} on {day}: at most {} minutes and {} people.",
            self.gate,
            self.place,
            figures(greatest(&self.wait_max_min)),
            figures(greatest(&self.queue))
        );
        Picture { name: "gate-queue".into(), alt, drawing }
    }

    /// A point for each minute, and a gap where nobody came for long.
    fn points(&self, values: &[f64]) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (minute, value) in self.minute.iter().zip(values) {
            if points.last().is_some_and(|last| minute - last.0 > LONGEST_GAP_MIN) {
                points.push((*minute, f64::NAN));
            }
            points.push((*minute, *value));
        }
        points
    }
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

/// Round times of day from minute `first` to `last`.
fn hours(first: u32, last: u32) -> Vec<Tick> {
    let few = |step: &u32| (last - first) / step <= MOST_TICKS;
    let step = TICKS_MIN.into_iter().find(few).unwrap_or(360);
    let minutes = (first.next_multiple_of(step)..=last).step_by(step as usize);
    minutes.map(|minute| Tick { at: minute.into(), label: format!("{:02}:{:02}", minute / 60, minute % 60) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_where_nobody_came_for_long() {
        let queue = GateQueue {
            gate: "metro".into(),
            place: "Moscow".into(),
            date: jiff::civil::date(2020, 4, 15),
            minute: vec![420.0, 425.0, 500.0],
            wait_mean_min: vec![1.0, 2.0, 3.0],
            wait_max_min: vec![2.0, 3.0, 4.0],
            queue: vec![5.0, 6.0, 7.0],
        };
        let points = queue.points(&queue.queue);
        assert_eq!(points.len(), 4);
        assert!(points[2].1.is_nan() && points[3] == (500.0, 7.0));
    }

    #[test]
    fn times_of_day_are_round_and_few() {
        let labels = |first, last| hours(first, last).into_iter().map(|tick| tick.label).collect::<Vec<_>>();
        assert_eq!(labels(391, 600), ["07:00", "08:00", "09:00", "10:00"]);
        assert_eq!(labels(420, 440), ["07:00", "07:15"]);
        assert_eq!(labels(0, 1_439), ["00:00", "06:00", "12:00", "18:00"]);
    }
}
