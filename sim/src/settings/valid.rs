//! What a value of a section must keep to, said in one way.

use std::fmt::Display;

use passes::{Fault, Share};

/// Notes a fault unless `value` lies between `least` and `most`.
pub(super) fn within<T: PartialOrd + Display>(faults: &mut Vec<Fault>, key: &str, value: T, least: T, most: T) {
    // Not a number is within no bounds.
    if !(value >= least && value <= most) {
        faults.push(Fault::new(key, format!("{value} is out of range; write {least} to {most}")));
    }
}

/// Notes a fault unless `shares` sum to 1.
pub(super) fn sums_to_one(faults: &mut Vec<Fault>, key: &str, shares: &[Share]) {
    let sum: f64 = shares.iter().map(|share| share.get()).sum();
    if (sum - 1.0).abs() > 1e-6 {
        faults.push(Fault::new(key, format!("the shares sum to {sum:.4}; make them sum to 1")));
    }
}

/// Notes a fault unless `shares`, of one whole, leave something or nothing over.
pub(super) fn at_most_one(faults: &mut Vec<Fault>, key: &str, shares: &[Share]) {
    let sum: f64 = shares.iter().map(|share| share.get()).sum();
    if sum > 1.0 + 1e-9 {
        faults.push(Fault::new(key, format!("these shares of one whole sum to {sum:.4}; make them 1 or less in sum")));
    }
}
