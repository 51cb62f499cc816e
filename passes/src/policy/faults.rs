//! What is wrong with a policy: a walk through all its parts, which know their own faults.

use std::collections::BTreeMap;

use jiff::civil::DateTime;

use super::{Curfew, Exempt, Policy, PurposeRule, Quota};
use crate::{Fault, Purpose};

/// All faults of `policy`.
pub(super) fn of(policy: &Policy) -> Vec<Fault> {
    let mut faults = Vec::new();
    if policy.until <= policy.from {
        let message =
            format!("the policy ends ({}) before it starts ({}); write a later time", policy.until, policy.from);
        faults.push(Fault::new("policy.until", message));
    }
    if !policy.purposes.values().any(|rule| rule.allowed) {
        let message = "no purpose is allowed; name at least one, such as groceries = { validity_min = 180 }";
        faults.push(Fault::new("policy.purposes", message));
    }
    faults.extend(of_purposes("policy", &policy.purposes, policy.from, false));
    faults.extend(of_lists("policy", &policy.quotas, &policy.curfews, &policy.exempt));
    faults.extend(of_phases(policy));
    faults.extend(of_lead_times(policy));
    faults
}

fn of_purposes(section: &str, purposes: &BTreeMap<Purpose, PurposeRule>, from: DateTime, in_phase: bool) -> Vec<Fault> {
    let faults = |(purpose, rule): (&Purpose, &PurposeRule)| {
        rule.faults(&format!("{section}.purposes.{purpose}"), from, in_phase)
    };
    purposes.iter().flat_map(faults).collect()
}

fn of_lists(section: &str, quotas: &[Quota], curfews: &[Curfew], exempt: &[Exempt]) -> Vec<Fault> {
    let quotas = quotas.iter().enumerate().flat_map(|(i, quota)| quota.faults(&format!("{section}.quotas.{i}")));
    let curfews = curfews.iter().enumerate().flat_map(|(i, curfew)| curfew.faults(&format!("{section}.curfews.{i}")));
    let exempt = exempt.iter().enumerate().flat_map(|(i, group)| group.faults(&format!("{section}.exempt.{i}")));
    quotas.chain(curfews).chain(exempt).collect()
}

fn of_phases(policy: &Policy) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut before: Option<DateTime> = None;
    for (index, phase) in policy.phases.iter().enumerate() {
        let section = format!("policy.phases.{index}");
        if phase.from <= policy.from || phase.from >= policy.until {
            let message = format!(
                "the phase begins ({}) outside the policy's own time; write a time after {} and before {}",
                phase.from, policy.from, policy.until
            );
            faults.push(Fault::new(format!("{section}.from"), message));
        } else if let Some(before) = before.filter(|before| phase.from <= *before) {
            let message = format!(
                "the phase begins ({}) no later than the one before it ({before}); write phases in the order of time",
                phase.from
            );
            faults.push(Fault::new(format!("{section}.from"), message));
        }
        before = Some(phase.from);
        faults.extend(of_purposes(&section, &phase.purposes, phase.from, true));
        let (quotas, curfews, exempt) = (phase.quotas.as_deref(), phase.curfews.as_deref(), phase.exempt.as_deref());
        let lists = (quotas.unwrap_or_default(), curfews.unwrap_or_default(), exempt.unwrap_or_default());
        faults.extend(of_lists(&section, lists.0, lists.1, lists.2));
    }
    faults
}

/// A pass that may not start before the latest moment it may be asked for can never be had. Told once, where it first is so.
fn of_lead_times(policy: &Policy) -> Option<Fault> {
    let all = policy.terms();
    let index = all.iter().position(|terms| u64::from(terms.earliest_start_min) > u64::from(terms.advance_h) * 60)?;
    let section = if index == 0 { "policy".to_owned() } else { format!("policy.phases.{}", index - 1) };
    let (earliest_min, advance_h) = (all[index].earliest_start_min, all[index].advance_h);
    let message = format!(
        "a pass starts at the earliest {earliest_min} min after it is asked for, and may be asked for {advance_h} h ahead at \
         most: there would be none; write a shorter time, or a longer advance_h"
    );
    Some(Fault::new(format!("{section}.earliest_start_min"), message))
}
