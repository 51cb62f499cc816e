//! Which places residents go to, and how long the way takes.

use crate::Place;
use crate::draw::{Chance, Stretch, bounds};
use crate::profile::DAY_MS;
use crate::settings::Activities;

/// The mean radius of the Earth (IUGG), in kilometres.
const EARTH_KM: f64 = 6_371.0;
const MS_PER_H: f64 = 3_600_000.0;

/// Destinations of trips from each place: its own place, or another by gravity (its residents times exp(-distance / decay)).
#[derive(Clone, Debug)]
pub(crate) struct Atlas {
    own_place: Stretch,
    reaches: Vec<Reach>,
}

/// Where one goes from a place.
#[derive(Clone, Debug)]
struct Reach {
    /// The place itself, and then the others within reach.
    destinations: Vec<Destination>,
    /// From which random number on each is meant, up to where the next one begins.
    begins: Vec<u32>,
    /// The destination that each 256th of the scale begins in.
    parts: [u16; 256],
}

/// Where a trip goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) place: u16,
    /// The time from one place to the other, in milliseconds; 0 within a place.
    pub(crate) travel_ms: u32,
    /// The distance from one place to the other, in metres; 0 within a place.
    pub(crate) distance_m: u32,
    /// Whether it is the place where the resident lives.
    pub(crate) is_own: bool,
}

impl Atlas {
    pub(crate) fn new(places: &[Place], activities: &Activities) -> Self {
        Atlas {
            own_place: Chance::from(activities.own_place_share).stretch(),
            reaches: (0..places.len()).map(|from| Reach::new(places, from, activities)).collect(),
        }
    }

    /// Where the random number `word` leads someone who lives in `place`.
    #[inline]
    pub(crate) fn destination(&self, place: u16, word: u32) -> Destination {
        let Reach { destinations, begins, parts } = &self.reaches[usize::from(place)];
        let mut index = usize::from(parts[(word >> 24) as usize]);
        while begins.get(index + 1).is_some_and(|begin| *begin <= word) {
            index += 1;
        }
        destinations[index]
    }

    /// A word that leads to the own place, stretched to the whole scale.
    #[inline]
    pub(crate) fn within_own(&self, word: u32) -> u32 {
        self.own_place.of(word)
    }
}

impl Reach {
    fn new(places: &[Place], from: usize, activities: &Activities) -> Self {
        let mut destinations = vec![Destination { place: from as u16, travel_ms: 0, distance_m: 0, is_own: true }];
        let mut weights = Vec::new();
        for (place, number) in places.iter().zip(0..) {
            let distance_km = match (&places[from].geonames_id, &place.geonames_id) {
                // Nobody goes to "the countryside": it has no position.
                (_, None) => continue,
                (None, _) => activities.rural_km,
                _ => distance_km(&places[from], place),
            };
            let weight = f64::from(place.residents) * libm::exp(-distance_km / activities.gravity_km);
            if usize::from(number) != from && distance_km <= activities.reach_km && weight > 0.0 {
                destinations.push(Destination {
                    place: number,
                    // No trip lasts longer than a day.
                    travel_ms: ((distance_km / activities.speed_kmh * MS_PER_H) as u32).min(DAY_MS),
                    distance_m: (distance_km * 1_000.0) as u32,
                    is_own: false,
                });
                weights.push(weight);
            }
        }
        let own = Chance::from(activities.own_place_share);
        let ends = bounds(&weights);
        let others = [0].into_iter().chain(ends).take(weights.len()).map_while(|begin| own.least_beyond(begin));
        let begins: Vec<u32> = [0].into_iter().chain(others).collect();
        let part = |part: usize| begins.partition_point(|begin| *begin <= (part as u32) << 24) as u16 - 1;
        Reach { destinations, parts: std::array::from_fn(part), begins }
    }
}

/// The distance as the crow flies (haversine formula).
fn distance_km(a: &Place, b: &Place) -> f64 {
    let (north_a, north_b) = (a.latitude_deg.to_radians(), b.latitude_deg.to_radians());
    let half = |angle: f64| libm::pow(libm::sin(angle / 2.0), 2.0);
    let east = (b.longitude_deg - a.longitude_deg).to_radians();
    let chord = half(north_b - north_a) + libm::cos(north_a) * libm::cos(north_b) * half(east);
    2.0 * EARTH_KM * libm::asin(chord.clamp(0.0, 1.0).sqrt())
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
        let from = |place| words.iter().map(|word| atlas.destination(place, *word)).collect::<Vec<_>>();
        let own = from(0).iter().filter(|to| to.is_own).count();
        assert_eq!(own, 3_072, "three quarters stay");
        assert!(from(0).iter().all(|to| to.is_own == (to.place == 0) && to.place < 2));
        assert!(from(2).iter().all(|to| to.is_own), "nothing within reach");
        let rural = from(3);
        let to = |place| rural.iter().find(|to| to.place == place).copied();
        assert!(to(1).is_some());
        let way = to(0).unwrap();
        assert_eq!((way.travel_ms, way.distance_m), ((20.0 / 35.0 * MS_PER_H) as u32, 20_000));
    }
}
