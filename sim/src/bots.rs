//! Programs that ask for passes in bulk.

use crate::draw::Stage;
use crate::plan::{Act, Event, PlanId};
use crate::uptake::{DAY_MS, Ms};
use crate::world::World;

/// Adds what bots ask on `day` to `events`. The plan of such an event is nobody's: it numbers the request.
pub(crate) fn of_day(world: &World<'_>, day: u16, events: &mut Vec<u64>) {
    let midnight = world.calendar.start.at(0, 0, 0, 0);
    let ms = |local: jiff::civil::DateTime| local.duration_since(midnight).as_millis() as Ms;
    let day_ms = Ms::from(day) * DAY_MS;
    let mut first = 0;
    for bots in &world.behaviour.bots {
        let (from_ms, until_ms) = (ms(bots.from), ms(bots.until));
        let per_ms = bots.per_s / 1_000.0;
        let turn = |at_ms: Ms| ((at_ms.clamp(from_ms, until_ms) - from_ms) as f64 * per_ms).ceil() as u32;
        for request in turn(day_ms)..turn(day_ms + DAY_MS) {
            let number = first + request;
            let [moment, ..] = world.streams.block(number, day, Stage::Bots, 0);
            let turns = f64::from(request) + f64::from(moment) / 4_294_967_296.0;
            let last_ms = until_ms.min(day_ms + DAY_MS) - 1;
            let at_ms = from_ms.saturating_add((turns / per_ms) as Ms).clamp(day_ms, last_ms);
            let plan = PlanId { cell: (number >> 16) as u16, index: number as u16 };
            events.push(Event { at_ms: (at_ms - day_ms) as i32, plan, act: Act::Bot }.key());
        }
        first += turn(until_ms);
    }
}
