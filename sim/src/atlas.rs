//! Which places residents go to, and how long the way takes.

use crate::Place;
use crate::draw::{Chance, bounds};
use crate::settings::Activities;

/// The mean radius of the Earth (IUGG), in kilometres.
const EARTH_KM: f64 = 6_371.0;
const MS_PER_H: f64 = 3_600_000.0;

/// Destinations of trips from each place: its own place, or another by gravity (its residents times exp(-distance / decay)).
#[derive(Clone, Debug)]
pub(crate) struct Atlas {
    own_place: Chance,
    others: Vec<Others>,
}

/// The other places within reach of one.
#[derive(Clone, Debug)]
struct Others {
    places: Vec<u16>,
    bounds: Vec<u32>,
    travel_ms: Vec<u32>,
}

/// Where a trip goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) place: u16,
    /// The time from one place to the other, in milliseconds; 0 within a place.
    pub(crate) travel_ms: u32,
}

impl Atlas {
    pub(crate) fn new(places: &[Place], activities: &Activities) -> Self {
        Atlas {
            own_place: activities.own_place_share.into(),
            others: (0..places.len()).map(|from| Others::new(places, from, activities)).collect(),
        }
    }

    /// The place itself.
    pub(crate) const fn own(place: u16) -> Destination {
        Destination { place, travel_ms: 0 }
    }

    /// The destination that the random number `word` falls on, for someone living in `place`.
    pub(crate) fn drawn(&self, place: u16, word: u32) -> Destination {
        let others = &self.others[usize::from(place)];
        if others.places.is_empty() || self.own_place.holds(word) {
            return Atlas::own(place);
        }
        // What is left of the word once it is known not to fall on the own place, stretched to the whole scale.
        let word = self.own_place.beyond(word);
        let index = others.bounds.partition_point(|bound| *bound <= word).min(others.places.len() - 1);
        Destination { place: others.places[index], travel_ms: others.travel_ms[index] }
    }
}

impl Others {
    fn new(places: &[Place], from: usize, activities: &Activities) -> Self {
        let mut others = Others { places: Vec::new(), bounds: Vec::new(), travel_ms: Vec::new() };
        let mut weights = Vec::new();
        for (place, number) in places.iter().zip(0..) {
            let distance_km = match (&places[from].geonames_id, &place.geonames_id) {
                // Nobody goes to "the countryside": it has no position.
                (_, None) => continue,
                (None, _) => activities.rural_km,
                _ => distance_km(&places[from], place),
            };
            let weight = f64::from(place.residents) * (-distance_km / activities.gravity_km).exp();
            if usize::from(number) != from && distance_km <= activities.reach_km && weight > 0.0 {
                others.places.push(number);
                others.travel_ms.push((distance_km / activities.speed_kmh * MS_PER_H) as u32);
                weights.push(weight);
            }
        }
        others.bounds = bounds(&weights);
        others
    }
}

/// The distance as the crow flies (haversine formula).
fn distance_km(a: &Place, b: &Place) -> f64 {
    let (north_a, north_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let east = (b.longitude_deg - a.longitude_deg).to_radians();
    let chord = half(north_b - north_a) + north_a.cos() * north_b.cos() * half(east);
    2.0 * EARTH_KM * chord.clamp(0.0, 1.0).sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str, latitude_deg: f64, longitude_deg: f64, residents: u32) -> Place {
        Place { geonames_id: Some(1), name: name.into(), latitude_deg, longitude_deg, residents }
    }

    fn region() -> Vec<Place> {
        vec![
            place("Nizhniy Novgorod", 56.32867, 44.00205, 1_259_013),
            place("Dzerzhinsk", 56.24422, 43.45543, 233_126),
            place("Vladivostok", 43.1, 131.9, 600_000),
            Place { geonames_id: None, ..place("Rural remainder", 56.0, 44.0, 400_000) },
        ]
    }

    #[test]
    fn dzerzhinsk_is_35_km_from_nizhny_novgorod() {
        let region = region();
        assert!((distance_km(&region[0], &region[1]) - 35.0).abs() < 1.0);
        assert_eq!(distance_km(&region[0], &region[0]), 0.0);
    }

    #[test]
    fn destinations_are_within_reach() {
        let atlas = Atlas::new(&region(), &Activities::default());
        let words: Vec<u32> = (0..4_096).map(|i| i << 20).collect();
        let from = |place| words.iter().map(|word| atlas.drawn(place, *word)).collect::<Vec<_>>();
        let own = from(0).iter().filter(|to| to.place == 0).count();
        assert_eq!(own, 3_072, "three quarters stay");
        assert!(from(0).iter().all(|to| to.place < 2));
        assert!(from(2).iter().all(|to| to.place == 2), "nothing within reach");
        let rural = from(3);
        assert!(rural.iter().any(|to| to.place == 0) && rural.iter().any(|to| to.place == 1));
        let way = rural.iter().find(|to| to.place == 0).unwrap();
        assert_eq!(way.travel_ms, (20.0 / 35.0 * MS_PER_H) as u32);
    }
}
