//! Which kinds of request, in which proportion, by whom.

use passes::{Fault, Purpose};

use crate::Kind;

/// Which kinds of request, in which proportion, by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    pub(super) weights: [f64; Kind::ALL.len()],
    /// What passes are asked for.
    pub purpose: Purpose,
    /// How many passes one resident may have under the policy of the target; none: no limit.
    pub issues_per_resident: Option<u32>,
    /// The path of [`Kind::Get`] requests.
    pub get_path: String,
}

impl Mix {
    /// A mix of `parts`, each a kind and its weight (of any sum). Passes are asked for groceries, without limit.
    pub fn new(parts: &[(Kind, f64)]) -> Self {
        let mut weights = [0.0; Kind::ALL.len()];
        for (kind, weight) in parts {
            weights[*kind as usize] += weight;
        }
        Mix { weights, purpose: Purpose::Groceries, issues_per_resident: None, get_path: "/".to_owned() }
    }

    /// Nothing but `kind`.
    pub fn only(kind: Kind) -> Self {
        Mix::new(&[(kind, 1.0)])
    }

    /// Nothing but GETs of `path`.
    pub fn get(path: impl Into<String>) -> Self {
        Mix { get_path: path.into(), ..Mix::only(Kind::Get) }
    }

    /// The share of `kind`, 0 to 1.
    pub fn share(&self, kind: Kind) -> f64 {
        self.weights[kind as usize] / self.weights.iter().sum::<f64>()
    }

    /// The kind at `place` (0 to below 1) when the shares lie one behind the other.
    pub(crate) fn kind_at(&self, place: f64) -> Kind {
        let mut rest = place * self.weights.iter().sum::<f64>();
        let weighted = Kind::ALL.into_iter().filter(|kind| self.weights[*kind as usize] > 0.0);
        let mut last = Kind::Get;
        for kind in weighted {
            last = kind;
            rest -= self.weights[kind as usize];
            if rest < 0.0 {
                break;
            }
        }
        last
    }

    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.weights.iter().any(|weight| !(*weight >= 0.0 && weight.is_finite()))
            || self.weights.iter().sum::<f64>() <= 0.0
        {
            faults.push(Fault::new("mix", "no kind of request has a share above 0; name one, such as issue"));
        }
        if self.issues_per_resident == Some(0) {
            faults.push(Fault::new(
                "mix.issues_per_resident",
                "residents who may have no pass cannot ask for one; write at least 1",
            ));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_keeps_its_shares() {
        let mix = Mix::new(&[(Kind::Issue, 1.0), (Kind::Verify, 3.0)]);
        let count = (0..1_000).filter(|place| mix.kind_at(f64::from(*place) / 1_000.0) == Kind::Issue).count();
        assert_eq!(count, 250);
        assert!((mix.share(Kind::Verify) - 0.75).abs() < 1e-12);
        assert_eq!(mix.kind_at(0.999_999_999_999), Kind::Verify);
    }
}
