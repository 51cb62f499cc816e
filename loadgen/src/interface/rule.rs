//! Which answer to a request is right.

use serde_json::Value;

use super::Act;
use super::pointer::Pointer;

/// What makes an answer right, and where in it is what is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) right: Vec<u16>,
    pub(crate) invalid: Vec<u16>,
    pub(crate) token: Option<Pointer>,
    pub(crate) code: Option<Pointer>,
    pub(crate) pass: Option<Pointer>,
    pub(crate) valid: Option<(Pointer, Value)>,
}

impl Rule {
    /// The rule of `act`, whose faults were told before: what is not sound in it is left out.
    pub(crate) fn of(act: &Act) -> Self {
        let pointer = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        Rule {
            right: act.right.clone(),
            invalid: act.invalid.clone(),
            token: pointer(&act.token),
            code: pointer(&act.code),
            pass: pointer(&act.pass),
            valid: pointer(&act.valid).map(|pointer| (pointer, act.valid_is.clone())),
        }
    }

    /// Any of these statuses is right, whatever the body.
    pub(crate) fn status(right: &[u16]) -> Self {
        Rule { right: right.to_vec(), ..Rule::default() }
    }
}
