//! The acts of an experiment, in an order in which nothing follows two things at once.

use demand::RequestKind;

use super::act::{Act, Checked};
use super::snapshot::Snapshot;

/// How many persons take part.
pub(in crate::ledger) const PEOPLE: u32 = 6;
/// How many officers, and at how many places.
pub(in crate::ledger) const OFFICERS: u32 = 3;
/// Passes of each person, a day and an hour apart.
const ROUNDS: u32 = 2;
const ROUND_S: i64 = 25 * 3_600;
/// Seconds from one act to the next, over and over: no count goes as time goes.
const GAPS_S: [i64; 11] = [3, 41, 7, 113, 2, 97, 131, 11, 29, 5, 79];

/// An act and the store after it.
#[derive(Clone, Debug)]
pub(in crate::ledger) struct Tried {
    pub(in crate::ledger) act: Act,
    pub(in crate::ledger) after: Snapshot,
}

/// The acts in order of time. Everybody registers, checks in and gets two passes; each pass is checked twice, in another order than they
/// were issued in, by officers who go from place to place; some are given back.
pub(in crate::ledger) fn acts() -> Vec<Act> {
    let mut acts = Vec::new();
    let mut add = |start_s: i64, kind, person: u32, pass: Option<u32>, checked| {
        let gaps = acts.len();
        let at_s = start_s.max(acts.last().map_or(0, |act: &Act| act.at_s)) + GAPS_S[gaps % GAPS_S.len()];
        acts.push(Act { kind, at_s, person, pass, checked });
    };
    for person in 0..PEOPLE {
        add(0, RequestKind::Register, person, None, None);
    }
    for round in 0..ROUNDS {
        let start_s = i64::from(round) * ROUND_S;
        for group in 0..PEOPLE / 3 {
            // Three at a time, so that checks come soon: a pass may be short.
            let members = [0, 1, 2].map(|member| group * 3 + member);
            let pass = |person: u32| Some(round * PEOPLE + person);
            for person in members {
                add(start_s, RequestKind::Issue, person, pass(person), None);
            }
            for (turn, order) in [[1, 2, 0], [2, 0, 1]].into_iter().enumerate() {
                for (step, member) in order.into_iter().enumerate() {
                    let person = members[member];
                    let officer = (step as u32 + group + round) % OFFICERS;
                    let place = (turn as u32 + 2 * step as u32 + round) % OFFICERS;
                    add(start_s, RequestKind::Verify, person, pass(person), Some(Checked { officer, place }));
                }
            }
            let [returns, ..] = members;
            add(start_s, RequestKind::Cancel, returns, pass(returns), None);
            for person in members {
                add(start_s, RequestKind::CheckIn, person, None, None);
            }
        }
    }
    acts
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_follows_two_things_at_once() {
        let acts = acts();
        let checks: Vec<(u32, Checked)> = acts.iter().filter_map(|act| Some((act.person, act.checked?))).collect();
        let pairs = |pair: fn(&(u32, Checked)) -> (u32, u32)| {
            let pairs: BTreeSet<(u32, u32)> = checks.iter().map(pair).collect();
            let firsts: BTreeSet<u32> = pairs.iter().map(|pair| pair.0).collect();
            let seconds: BTreeSet<u32> = pairs.iter().map(|pair| pair.1).collect();
            // Each goes with several of the other.
            (pairs.len() > firsts.len(), pairs.len() > seconds.len())
        };
        assert_eq!(pairs(|(person, checked)| (*person, checked.officer)), (true, true));
        assert_eq!(pairs(|(person, checked)| (*person, checked.place)), (true, true));
        assert_eq!(pairs(|(_, checked)| (checked.officer, checked.place)), (true, true));
        assert!(acts.windows(2).all(|pair| pair[0].at_s < pair[1].at_s), "each has an instant of its own");
        let passes: BTreeSet<u32> = acts.iter().filter_map(|act| act.pass).collect();
        assert_eq!(passes.len() as u32, PEOPLE * ROUNDS);
    }
}
