//! What is worth remembering of the days that pass: the greatest crowd and the worst gate.

use sim::{DayRecords, GateMinute};

use super::lanes::QuarterHour;

/// What a [`BulkWriter`](crate::BulkWriter) saw of the days that passed, whatever it wrote of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The place and quarter of an hour with most people out, the first of equals.
    pub fullest: Option<Crowd>,
    /// The gates where one resident waited longest, the first of equals.
    pub worst_gate: Option<WorstGate>,
    /// The longest queue at one gate, in people.
    pub longest_queue: u32,
}

/// Residents out in one place as a quarter of an hour begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// The day; 0 is the first.
    pub day: u16,
    /// Which quarter of an hour of the day; 0 to 95.
    pub quarter: u16,
    /// The number of the place.
    pub place: u16,
    /// Residents on a trip there.
    pub out: u32,
    /// Of these, residents who are shopping.
    pub in_shops: u32,
}

/// The gates of one kind in one place on the day of the longest wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorstGate {
    /// What these gates are called.
    pub gate: String,
    /// The minutes of that day in which somebody came, in order.
    pub minutes: Vec<GateMinute>,
}

impl Seen {
    /// Looks at a day. `quarters` are its places and quarters with somebody out; `names` are what gates are called.
    pub(super) fn look<'a>(
        &mut self,
        day: &DayRecords<'_>,
        quarters: impl IntoIterator<Item = &'a QuarterHour>,
        names: &[String],
    ) {
        for row in quarters {
            if row.out > self.fullest.map_or(0, |crowd| crowd.out) {
                let QuarterHour { day, quarter, place, out, in_shops } = *row;
                self.fullest = Some(Crowd { day, quarter, place, out, in_shops });
            }
        }
        let mut longest_ms = self.longest_wait_ms();
        let mut worst = None;
        for minute in day.gates {
            self.longest_queue = self.longest_queue.max(minute.longest_queue);
            if longest_ms.is_none_or(|longest_ms| minute.wait_max_ms > longest_ms) {
                (longest_ms, worst) = (Some(minute.wait_max_ms), Some((minute.gate, minute.place)));
            }
        }
        if let Some((gate, place)) = worst {
            let there = day.gates.iter().copied().filter(|minute| (minute.gate, minute.place) == (gate, place));
            let gate = names.get(usize::from(gate)).cloned().unwrap_or_default();
            self.worst_gate = Some(WorstGate { gate, minutes: there.collect() });
        }
    }

    fn longest_wait_ms(&self) -> Option<u32> {
        self.worst_gate.as_ref().and_then(WorstGate::longest).map(|minute| minute.wait_max_ms)
    }
}

impl WorstGate {
    /// The minute in which the resident came who waited longest, the first of equals.
    pub fn longest(&self) -> Option<&GateMinute> {
        self.minutes.iter().rev().max_by_key(|minute| minute.wait_max_ms)
    }
}
