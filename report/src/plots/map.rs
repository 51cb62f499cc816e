//! The region's places as circles.

use super::Picture;
use super::drawing::{Align, Drawing, text_width};
use super::style::{BLUE, INK, SOFT_INK, TEXT, WIDTH, title};
use crate::number::count;

/// So many places are named at most.
const MOST_NAMES: usize = 7;
/// A region is drawn no larger than if it were this wide, so that places at one spot stay together.
const LEAST_EXTENT_DEG: f64 = 0.01;
const GREATEST_RADIUS: f64 = 90.0;

/// A place and how much happens there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Circle {
    pub(crate) name: String,
    pub(crate) latitude_deg: f64,
    pub(crate) longitude_deg: f64,
    pub(crate) passes: f64,
}

/// The places of a region.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionMap {
    pub(crate) places: Vec<Circle>,
    /// Passes issued to those who live in places without a position.
    pub(crate) elsewhere: u64,
}

impl RegionMap {
    /// The picture: area of a circle in proportion to the passes issued to those who live there; north is up.
    pub(crate) fn picture(&self) -> Picture {
        let (height, top) = (1000.0, 150.0);
        let mut drawing = Drawing::new(WIDTH, height);
        title(&mut drawing, "Where passes are asked for", "area of a circle: passes issued");
        let mut places: Vec<&Circle> = self.places.iter().collect();
        places.sort_by(|a, b| b.passes.total_cmp(&a.passes));
        let most = places.first().map_or(1.0, |place| place.passes).max(1.0);
        let at = self.projection(height - top);
        let circles: Vec<(f64, f64, f64)> = places
            .iter()
            .map(|place| {
                let (x, y) = at(place);
                (x, y + top, (place.passes / most).sqrt() * GREATEST_RADIUS)
            })
            .collect();
        for (x, y, radius) in &circles {
            drawing.disc((*x, *y), radius.max(2.0), BLUE, 0.45);
        }
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for (place, (x, y, radius)) in places.iter().zip(&circles) {
            let width = text_width(&place.name, TEXT);
            let right_of = x + radius + 10.0;
            let (from, align, label_x) = if right_of + width < WIDTH {
                (right_of, Align::Left, right_of)
            } else {
                (x - radius - 10.0 - width, Align::Right, x - radius - 10.0)
            };
            let label = [from, y - 26.0, from + width, y + 26.0];
            let free = taken.iter().all(|other| !overlap(&label, other));
            if free && taken.len() < MOST_NAMES && from > 0.0 {
                drawing.text((label_x, *y), &place.name, TEXT, align, INK);
                taken.push(label);
            }
        }
        if let Some(first) = places.first() {
            let words = format!("largest: {}, {}", first.name, count(first.passes as u64));
            drawing.text((20.0, height - 30.0), words, TEXT, Align::Left, SOFT_INK);
        }
        let alt = format!("Map of {} places, circles sized by passes issued.", self.places.len());
        Picture { name: "map".into(), alt, drawing }
    }

    /// Degrees to pixels: equirectangular round the middle latitude, which keeps shapes within a region.
    fn projection(&self, height: f64) -> impl Fn(&Circle) -> (f64, f64) {
        let range = |values: &mut dyn Iterator<Item = f64>| {
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
        };
        let (south, north) = range(&mut self.places.iter().map(|place| place.latitude_deg));
        let (west, east) = range(&mut self.places.iter().map(|place| place.longitude_deg));
        let narrowing = ((south + north) / 2.0).to_radians().cos();
        let margin = GREATEST_RADIUS + 10.0;
        let room = (WIDTH - 2.0 * margin, height - 2.0 * margin);
        let wide = ((east - west) * narrowing).max(LEAST_EXTENT_DEG);
        let tall = (north - south).max(LEAST_EXTENT_DEG);
        let scale = (room.0 / wide).min(room.1 / tall);
        let left = margin + (room.0 - (east - west) * narrowing * scale) / 2.0;
        let top = margin + (room.1 - (north - south) * scale) / 2.0;
        move |place| {
            (left + (place.longitude_deg - west) * narrowing * scale, top + (north - place.latitude_deg) * scale)
        }
    }
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
