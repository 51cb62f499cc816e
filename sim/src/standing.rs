//! How residents stand with the service: registered or not, and the latest pass.

use passes::Purpose;
use rayon::prelude::*;

use crate::Population;
use crate::uptake::{Ms, Uptake};

/// Milliseconds to the unit of a column of times: a hundredth of a second in 32 bits reaches beyond a year.
const UNIT_MS: Ms = 10;
const NEVER: u32 = u32::MAX;

/// The state of every resident with the service, in columns: what resolution writes, and the next day's intent reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// When each resident registered, or, before that, will first turn to the service; [`NEVER`] for who will not.
    contact: Vec<u32>,
    registered: Vec<bool>,
    /// The minute at which each resident's latest pass ends, eightfold, plus its purpose; 0 without one.
    latest: Vec<u32>,
}

impl Standing {
    /// Before the first day. Who would have registered earlier has done so.
    pub(crate) fn new(population: &Population, uptake: &Uptake) -> Self {
        let contact = |number: usize| {
            if !uptake.may_turn(population.compliance[number]) {
                return NEVER;
            }
            let at_ms = uptake.first_contact_ms(number as u32, population.residents[number]);
            u32::try_from(at_ms.max(0) / UNIT_MS).unwrap_or(NEVER)
        };
        let contact: Vec<u32> = (0..population.residents()).into_par_iter().map(contact).collect();
        let people = population.residents.iter().zip(&population.compliance);
        Standing {
            registered: people
                .zip(&contact)
                .map(|((resident, compliance), contact)| *contact == 0 && uptake.registers(*resident, *compliance))
                .collect(),
            latest: vec![0; contact.len()],
            contact,
        }
    }

    pub(crate) fn is_registered(&self, resident: usize) -> bool {
        self.registered[resident]
    }

    /// When `resident` registered, or, before that, will first turn to the service.
    pub(crate) fn contact_ms(&self, resident: usize) -> Ms {
        Ms::from(self.contact[resident]) * UNIT_MS
    }

    pub(crate) fn register(&mut self, resident: usize, at_ms: Ms) {
        // Rounded up: what counts as after the registration must be so.
        self.contact[resident] = ((at_ms + UNIT_MS - 1) / UNIT_MS) as u32;
        self.registered[resident] = true;
    }

    /// When the latest pass of `resident` ends, if it is for `purpose`.
    pub(crate) fn pass_until_ms(&self, resident: usize, purpose: Purpose) -> Option<Ms> {
        let latest = self.latest[resident];
        (latest != 0 && latest & 7 == purpose as u32).then(|| Ms::from(latest >> 3) * 60_000)
    }

    /// Notes that `resident` has a pass; rounded down to the minute.
    pub(crate) fn hold(&mut self, resident: usize, purpose: Purpose, until_ms: Ms) {
        let minute = (until_ms / 60_000).clamp(0, 0x1fff_ffff) as u32;
        self.latest[resident] = minute << 3 | purpose as u32;
    }

    /// Notes that `resident` gave the latest pass back.
    pub(crate) fn give_back(&mut self, resident: usize) {
        self.latest[resident] = 0;
    }
}
