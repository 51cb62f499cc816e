//! What is worth remembering of the days that pass: the worst gate.

use std::collections::BTreeMap;

use sim::{DayRecords, GateMinute};

/// What a [`BulkWriter`](crate::BulkWriter) saw of the days that passed, whatever it wrote of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The gates where one resident waited longest, the first of equals; none when nobody came to a gate.
    pub worst_gate: Option<WorstGate>,
    /// By the number of a place: what happened at all its gates.
    pub gates_of: BTreeMap<u16, GatesOfPlace>,
}

/// The gates of one place over all days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatesOfPlace {
    /// Residents who came.
    pub arrivals: u64,
    /// Of these, residents sent home.
    pub turned_back: u64,
    /// The longest queue at one gate, in people.
    pub longest_queue: u32,
    /// The longest wait until an officer was free.
    pub wait_max_ms: u32,
    /// The sum of all waits.
    pub wait_sum_ms: u64,
}

impl GatesOfPlace {
    fn add(&mut self, minute: &GateMinute) {
        self.arrivals += u64::from(minute.arrivals);
        self.turned_back += u64::from(minute.turned_back);
        self.longest_queue = self.longest_queue.max(minute.longest_queue);
        self.wait_max_ms = self.wait_max_ms.max(minute.wait_max_ms);
        self.wait_sum_ms += minute.wait_sum_ms;
    }
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
    /// Looks at a day; `names` are what gates are called.
    pub(super) fn look(&mut self, day: &DayRecords<'_>, names: &[String]) {
        let mut longest_ms = self.longest_wait_ms();
        let mut worst = None;
        for minute in day.gates {
            self.gates_of.entry(minute.place).or_default().add(minute);
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
