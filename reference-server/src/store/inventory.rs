//! What a store knows about its rows without looking at them: whose passes they are, and how many.

use std::collections::BTreeMap;

use passes::{Purpose, ResidentId};

use super::holdings::Holdings;
use super::{Census, NewPass};

const HOUR_S: i64 = 3_600;

/// The index of passes by holder, and the counts of a [`Census`].
#[derive(Debug)]
pub(super) struct Inventory {
    pub(super) holdings: Holdings,
    pub(super) residents: u64,
    passes: u64,
    /// Passes by the hour in which their time ends.
    ending: BTreeMap<i64, u64>,
    issued: BTreeMap<(i32, u8), u64>,
}

/// A row that was added, noted so that it can be taken back when its transaction fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Added {
    Resident,
    Pass(AddedPass),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct AddedPass {
    pub(super) serial: u32,
    pub(super) resident: ResidentId,
    pub(super) until_s: i64,
    pub(super) day: i32,
    pub(super) purpose: Purpose,
}

impl AddedPass {
    pub(super) const fn new(serial: u32, new: &NewPass) -> Self {
        AddedPass { serial, resident: new.resident, until_s: new.window.until_s, day: new.day, purpose: new.purpose }
    }
}

impl Inventory {
    pub(super) fn new() -> Self {
        Inventory {
            holdings: Holdings::new(),
            residents: 0,
            passes: 0,
            ending: BTreeMap::new(),
            issued: BTreeMap::new(),
        }
    }

    /// Notes a pass that was found in the store when it was opened.
    pub(super) fn found(&mut self, serial: u32, resident: ResidentId, until_s: i64) {
        self.holdings.push(serial, resident);
        self.passes += 1;
        *self.ending.entry(hour(until_s)).or_default() += 1;
    }

    /// Notes how many passes were issued on a day for a purpose.
    pub(super) fn found_issued(&mut self, day: i32, purpose: Purpose, passes: u64) {
        self.issued.insert((day, purpose as u8), passes);
    }

    pub(super) fn add(&mut self, added: Added) {
        match added {
            Added::Resident => self.residents += 1,
            Added::Pass(pass) => {
                self.found(pass.serial, pass.resident, pass.until_s);
                *self.issued.entry((pass.day, pass.purpose as u8)).or_default() += 1;
            }
        }
    }

    /// Takes back what was added last.
    pub(super) fn take_back(&mut self, added: Added) {
        match added {
            Added::Resident => self.residents -= 1,
            Added::Pass(pass) => {
                self.holdings.pop(pass.resident);
                self.passes -= 1;
                let counts =
                    [self.ending.get_mut(&hour(pass.until_s)), self.issued.get_mut(&(pass.day, pass.purpose as u8))];
                counts.into_iter().flatten().for_each(|count| *count -= 1);
            }
        }
    }

    /// Notes that so many passes are gone, all of which ended before `ended_before_s`.
    pub(super) fn purged(&mut self, passes: u64, ended_before_s: i64) {
        self.passes -= passes;
        // The hour in which the limit lies is kept: some of its passes may be.
        self.ending = self.ending.split_off(&hour(ended_before_s));
    }

    /// Passes issued on a day for a purpose.
    pub(super) fn issued_on(&self, day: i32, purpose: Purpose) -> u64 {
        self.issued.get(&(day, purpose as u8)).copied().unwrap_or(0)
    }

    /// Passes ever issued, by day and purpose.
    pub(super) fn issued_daily(&self) -> Vec<(i32, Purpose, u64)> {
        let issued = self.issued.iter().filter(|(_, passes)| **passes > 0);
        issued.filter_map(|(&(day, purpose), &passes)| Some((day, Purpose::from_number(purpose)?, passes))).collect()
    }

    /// The counts at `now_s`.
    pub(super) fn census(&self, now_s: i64) -> Census {
        Census {
            residents: self.residents,
            passes: self.passes,
            live: self.ending.range(hour(now_s)..).map(|(_, passes)| passes).sum(),
            disk_bytes: 0,
            memory_bytes: self.holdings.bytes(),
        }
    }
}

/// The hour in which a pass that holds until just before `s` ends.
const fn hour(s: i64) -> i64 {
    (s - 1).div_euclid(HOUR_S)
}
