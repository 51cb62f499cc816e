//! The launch of Nizhny Novgorod Oblast at its full size: figures in plausible bands.

use std::fs::File;

use demand::RequestKind;
use sim::{Shard, Simulation};

use crate::support::Case;

const RESIDENTS: u32 = 3_202_946;

fn oblast() -> Case {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/places/nizhny-novgorod-oblast.csv");
    Case::launch(RESIDENTS).with(|case| {
        case.places = sim::read_places(File::open(path).unwrap()).unwrap();
        case.calendar.days = 3;
    })
}

fn registrations(simulation: &Simulation, hours: std::ops::Range<usize>) -> u32 {
    let minutes = simulation.demand.minutes().iter().skip(hours.start * 60).take(hours.len() * 60);
    minutes.map(|minute| minute[RequestKind::Register as usize]).sum()
}

#[track_caller]
fn within(value: f64, band: std::ops::RangeInclusive<f64>, what: &str) {
    assert!(band.contains(&value), "{what}: {value} is not within {band:?}");
}

#[test]
fn the_launch_is_plausible() {
    let simulation = oblast().simulated(2, Shard::WHOLE, &mut ()).unwrap();
    assert!(simulation.complete);
    assert_eq!((simulation.residents, simulation.days), (u64::from(RESIDENTS), 3));
    assert_eq!(simulation.places.len(), 123, "122 places and the rural remainder");
    let per_resident = |count: u64| count as f64 / f64::from(RESIDENTS);
    for day in &simulation.day_summaries {
        let total = day.total();
        // Trips out and back; 2.5 to 3 one-way trips a day are normal, and mobility fell by 40 to 50 % (Apple, April 2020).
        within(per_resident(total.trips), 0.5..=0.85, "trips per resident and day");
        // Chile 0.04, Moscow region 0.05, Moscow's first day and Greece 0.25.
        within(per_resident(total.passes), 0.04..=0.25, "passes per resident and day");
    }
    // Calibrated: 1,900 people checked on a weekday in the city (vremyan.ru, 14 May 2020).
    let city = &simulation.places[0];
    assert_eq!(city.place.name, "Nizhniy Novgorod");
    let in_city = city.checks_there as f64 / simulation.checks as f64;
    let friday = simulation.day_summaries[1].total();
    within(friday.checks as f64 * in_city, 1_750.0..=2_050.0, "checks in the city on a weekday");

    let rates = &simulation.demand;
    within(rates.total(RequestKind::Register) as f64, 0.5e6..=1.0e6, "registrations");
    let opening = registrations(&simulation, 12..13);
    assert!((0..72).all(|hour| registrations(&simulation, hour..hour + 1) <= opening), "the opening is the worst hour");
    let (friday, saturday) = (registrations(&simulation, 31..34), registrations(&simulation, 55..58));
    assert!(saturday > friday, "the app brings a second wave: {saturday} after {friday}");
    for kind in [RequestKind::Register, RequestKind::Issue] {
        within(rates.peak(kind).unwrap().rate_per_s, 10.0..=300.0, "peak rate");
    }
    let at_opening = rates.peak(RequestKind::Issue).unwrap().at;
    assert!(
        (43_200_000..46_800_000).contains(&at_opening.ms()),
        "issues peak in the hour of the opening: {at_opening}"
    );
}
