//! What changes on a date.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::{Curfew, Exempt, Policy, PurposeRule, Quota};
use crate::Purpose;

/// What changes at an instant and stays so until another phase changes it again. What a phase does not name stays as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// From when; after [`Policy::from`] and the phase before, and before [`Policy::until`].
    pub from: DateTime,
    /// Replaces [`Policy::advance_h`].
    #[serde(default)]
    pub advance_h: Option<u32>,
    /// Replaces [`Policy::earliest_start_min`].
    #[serde(default)]
    pub earliest_start_min: Option<u32>,
    /// Replaces the rules of the purposes named, each as a whole; the other purposes keep theirs. `allowed = false` forbids one.
    #[serde(default)]
    pub purposes: BTreeMap<Purpose, PurposeRule>,
    /// Replaces all quotas.
    #[serde(default)]
    pub quotas: Option<Vec<Quota>>,
    /// Replaces all curfews.
    #[serde(default)]
    pub curfews: Option<Vec<Curfew>>,
    /// Replaces all exempt groups.
    #[serde(default)]
    pub exempt: Option<Vec<Exempt>>,
}

impl Phase {
    /// The phase that begins at `from` and changes nothing.
    pub const fn new(from: DateTime) -> Self {
        Phase {
            from,
            advance_h: None,
            earliest_start_min: None,
            purposes: BTreeMap::new(),
            quotas: None,
            curfews: None,
            exempt: None,
        }
    }
}

/// All that a phase may change, as it stands from one instant on.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) from: DateTime,
    pub(crate) advance_h: u32,
    pub(crate) earliest_start_min: u32,
    pub(crate) purposes: BTreeMap<Purpose, PurposeRule>,
    pub(crate) quotas: Vec<Quota>,
    pub(crate) curfews: Vec<Curfew>,
    pub(crate) exempt: Vec<Exempt>,
}

impl Terms {
    /// These terms, changed by `phase`.
    fn changed(mut self, phase: &Phase) -> Self {
        self.purposes.extend(phase.purposes.iter().map(|(purpose, rule)| (*purpose, rule.clone())));
        Terms {
            from: phase.from,
            advance_h: phase.advance_h.unwrap_or(self.advance_h),
            earliest_start_min: phase.earliest_start_min.unwrap_or(self.earliest_start_min),
            purposes: self.purposes,
            quotas: phase.quotas.clone().unwrap_or(self.quotas),
            curfews: phase.curfews.clone().unwrap_or(self.curfews),
            exempt: phase.exempt.clone().unwrap_or(self.exempt),
        }
    }
}

impl Policy {
    /// The terms at the start of the policy, then those of each phase.
    pub(crate) fn terms(&self) -> Vec<Terms> {
        let first = Terms {
            from: self.from,
            advance_h: self.advance_h,
            earliest_start_min: self.earliest_start_min,
            purposes: self.purposes.clone(),
            quotas: self.quotas.clone(),
            curfews: self.curfews.clone(),
            exempt: self.exempt.clone(),
        };
        let changes = self.phases.iter().scan(first.clone(), |terms, phase| {
            *terms = terms.clone().changed(phase);
            Some(terms.clone())
        });
        std::iter::once(first).chain(changes).collect()
    }
}
