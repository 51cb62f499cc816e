//! Queues at gates.

use demand::SimTime;
use passes::{Purpose, Share};
use sim::settings::Gate;
use sim::{Check, GateMinute, Trip};

use crate::support::{Case, Rows, gate};

/// A region whose trips for groceries all pass one gate a place, on one long day, with `change` made to the gates. Nobody is late, goes
/// on from the shop or is met by a patrol.
fn at_gates(change: impl FnOnce(&mut Gate)) -> Rows {
    gates(1, change).rows()
}

/// The same for so many days; the gates are manned on the first.
fn gates(days: u16, change: impl FnOnce(&mut Gate)) -> Case {
    let mut gate = gate(&[Purpose::Groceries], 0..24);
    (gate.per_100k, gate.turns_back, gate.manual_s) = (0.0, false, 60.0);
    change(&mut gate);
    Case::launch(6_000).with(|case| {
        case.calendar.days = days;
        case.settings.checks.gates = vec![gate];
        case.settings.checks.officers_per_100k = 0.0;
        case.settings.activities.chain_share = Share::of(0.0);
        case.settings.service.latency_ms = 0.0;
    })
}

/// The trip for groceries of `resident`.
fn shopping(rows: &Rows, resident: u32) -> &Trip {
    rows.trips().find(|trip| (trip.resident, trip.purpose) == (resident, Purpose::Groceries)).unwrap()
}

/// Half-way from the door to the shop, on a trip that no gate has lengthened: the way there takes eight minutes, or half the trip if
/// that is less.
fn came(planned: &Trip) -> u64 {
    let leg_ms = (planned.returns.ms() - planned.departs.ms()) / 2;
    planned.departs.ms() + leg_ms.min(8 * 60_000) / 2
}

fn wait_sum_ms(rows: &Rows) -> u64 {
    rows.gates().map(|row| row.wait_sum_ms).sum()
}

#[test]
fn where_nobody_is_checked_nobody_waits() {
    let rows = at_gates(|gate| gate.checked_share = Share::of(0.0));
    assert!(rows.gates().map(|row| row.arrivals).sum::<u32>() > 300);
    assert!(rows.gates().all(|row| (row.checked, row.wait_max_ms, row.longest_queue, row.turned_back) == (0, 0, 0, 0)));
    assert_eq!(rows.checks().count(), 0);
}

#[test]
fn twice_the_officers_make_waits_fall() {
    let waits = [1, 2, 4, 1_000].map(|officers| wait_sum_ms(&at_gates(|gate| gate.officers = officers)));
    assert!(waits.is_sorted_by(|more, fewer| fewer < more), "{waits:?}");
    assert_eq!(waits[3], 0);
}

#[test]
fn checks_at_random_make_waits_fall() {
    let waits = [1.0, 0.5, 0.1].map(|share| wait_sum_ms(&at_gates(|gate| gate.checked_share = Share::of(share))));
    assert!(waits.is_sorted_by(|more, fewer| fewer < more), "{waits:?}");
}

/// With one officer who checks everybody, a wait shrinks from one arrival to the next by no more than the time between them. Shown by
/// minutes: nobody who comes later waits much less than the one before who waited longest.
#[test]
fn waits_of_minutes_are_those_of_a_queue() {
    let rows = at_gates(|_| ());
    let mut compared = 0;
    for place in 0..4 {
        let of_place: Vec<&GateMinute> = rows.gates().filter(|row| row.place == place).collect();
        for pair in of_place.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            let between_ms = after.at.ms() + 60_000 - before.at.ms();
            let least_ms = u64::from(before.wait_max_ms).saturating_sub(between_ms);
            assert!(after.wait_sum_ms >= u64::from(after.arrivals) * least_ms, "{before:?}, then {after:?}");
            compared += u32::from(least_ms > 0);
        }
    }
    assert!(compared > 50, "{compared}");
}

/// Who comes first is checked first, and the waits are the times from coming to being checked.
#[test]
fn who_comes_first_is_checked_first() {
    let (rows, free) = (at_gates(|_| ()), at_gates(|gate| gate.checked_share = Share::of(0.0)));
    // Nobody is put off before coming to the only gate of the day.
    let came = |check: &Check| SimTime::from_ms(came(shopping(&free, check.resident)));
    let mut wait_ms = 0;
    for place in 0..4 {
        let came: Vec<_> =
            rows.checks().filter(|check| check.place == place).map(|check| (came(check), check.at)).collect();
        assert!(came.is_sorted_by_key(|(came, _)| *came), "in the order of coming");
        assert!(came.iter().all(|(came, at)| came <= at));
        wait_ms += came.iter().map(|(came, at)| at.ms() - came.ms()).sum::<u64>();
    }
    assert!(wait_ms > 1_000_000);
    assert_eq!(wait_ms, wait_sum_ms(&rows));
}

/// Whoever is checked is home later than planned, by the wait and what the officer takes, and leaves on the next trip no sooner.
#[test]
fn a_wait_lengthens_the_trip() {
    let (rows, free) = (at_gates(|_| ()), at_gates(|gate| gate.checked_share = Share::of(0.0)));
    let mut checked = 0;
    for check in rows.checks() {
        let (trip, planned) = (shopping(&rows, check.resident), shopping(&free, check.resident));
        let wait_ms = check.at.ms() - came(planned);
        let longer_ms = (trip.returns.ms() - trip.departs.ms()) - (planned.returns.ms() - planned.departs.ms());
        assert!(longer_ms >= wait_ms, "{trip:?} and {planned:?}, checked at {:?}", check.at);
        checked += u32::from(longer_ms > wait_ms);
        let mut next = rows.trips().filter(|next| next.resident == check.resident && next.departs > trip.departs);
        assert!(next.all(|next| next.departs >= trip.returns), "{trip:?}");
    }
    assert!(checked > 300, "{checked} checked");
}

/// Sent home without the shopping, a household shops on the next day.
#[test]
fn who_is_turned_back_still_needs_to_go() {
    let shop_on_the_next_day = |turns_back| {
        let case = gates(2, |gate| gate.turns_back = turns_back).with(|case| {
            case.settings.behaviour.seeking.groceries = Share::of(0.0);
            case.settings.behaviour.fine_lesson_share = Share::of(0.0);
        });
        let rows = case.rows();
        let turned_back = rows.gates().map(|row| row.turned_back).sum::<u32>();
        (turned_back, rows.days[1].trips.iter().filter(|trip| trip.purpose == Purpose::Groceries).count())
    };
    let ((none, before), (some, after)) = (shop_on_the_next_day(false), shop_on_the_next_day(true));
    assert!(none == 0 && some > 50 && after > before + 25, "{some} turned back; {before} and {after} shop");
}

#[test]
fn who_is_turned_back_is_home_sooner() {
    let trips = |turns_back| {
        let rows = at_gates(|gate| gate.turns_back = turns_back);
        let turned_back = rows.gates().map(|row| row.turned_back).sum::<u32>();
        let out_ms: u64 = rows.trips().map(|trip| trip.returns.ms() - trip.departs.ms()).sum();
        (turned_back, out_ms)
    };
    let ((none, long), (some, short)) = (trips(false), trips(true));
    assert!(none == 0 && some > 50 && short < long, "{some} turned back");
}
