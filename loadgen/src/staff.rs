//! Tokens of officers and operators, for servers that demand them.

use std::fmt;
use std::str::FromStr;

use passes::Fault;

use crate::Interface;
use crate::interface::template::Slot;

/// The bearer token of a member of staff. It is sent, and nowhere else to be seen: not in a record, a log or a preview.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffToken(String);

/// A text is no bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no bearer token: write one line of letters, digits and any of -._~+/= (RFC 6750)")]
pub struct NoToken;

impl StaffToken {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StaffToken {
    type Err = NoToken;

    /// Reads a token, such as the content of a file; white space around it is left out.
    fn from_str(text: &str) -> Result<Self, NoToken> {
        let token = text.trim();
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        // The characters of RFC 6750 need no escape in JSON, and none of them ends a header.
        let is_token = !token.is_empty() && token.bytes().all(sound);
        is_token.then(|| StaffToken(token.to_owned())).ok_or(NoToken)
    }
}

impl fmt::Debug for StaffToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StaffToken(..)")
    }
}

/// Whose tokens a run was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// The officer who verifies: `{officer_token}`.
    pub officer: Option<StaffToken>,
    /// The operator who registers residents in batches: `{operator_token}`.
    pub operator: Option<StaffToken>,
}

impl Staff {
    fn tokens(&self) -> [(Slot, Option<&StaffToken>); 2] {
        [(Slot::OfficerToken, self.officer.as_ref()), (Slot::OperatorToken, self.operator.as_ref())]
    }

    /// `interface` with the tokens in their places.
    pub(crate) fn sign_in(&self, mut interface: Interface) -> Interface {
        for (slot, token) in self.tokens() {
            let Some(token) = token else { continue };
            let place = format!("{{{}}}", slot.name());
            interface.texts_mut().for_each(|text| *text = text.replace(&place, &token.0));
        }
        interface
    }

    /// A fault for each token that `interface` speaks of and nobody gave.
    pub(crate) fn faults(&self, interface: &Interface) -> Vec<Fault> {
        let mut interface = interface.clone();
        let missing = self.tokens().into_iter().filter(|(slot, token)| {
            let place = format!("{{{}}}", slot.name());
            token.is_none() && interface.texts_mut().any(|text| text.contains(&place))
        });
        let fault = |slot: Slot| {
            let flag = slot.name().replace('_', "-");
            Fault::new(
                "target",
                format!("{{{}}} stands for a token that was not given; add --{flag} FILE", slot.name()),
            )
        };
        missing.map(|(slot, _)| fault(slot)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_put_in_their_places_and_shown_nowhere() {
        let json = serde_json::json!({
            "headers": { "x-gate": "{officer_token}" },
            "verify": { "path": "/v", "body": "{\"by\":\"{officer_token}\"}", "invalid": [404] },
            "register": { "path": "/r", "headers": { "authorization": "Bearer {operator_token}" } },
        });
        let interface: Interface = serde_json::from_value(json).unwrap();
        let officer: StaffToken = "secret-1\n".parse().unwrap();
        let staff = Staff { officer: Some(officer), operator: None };
        let faults = staff.faults(&interface);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].message.contains("--operator-token FILE"), "{faults:?}");
        let signed_in = staff.sign_in(interface);
        assert_eq!(signed_in.headers["x-gate"], "secret-1");
        assert_eq!(signed_in.verify.unwrap().body.as_deref(), Some(r#"{"by":"secret-1"}"#));
        assert!(!format!("{staff:?}").contains("secret"));
    }

    #[test]
    fn what_would_end_a_header_is_no_token() {
        for text in ["", " \n", "a b", "a\r\nx: y", "{token}", "\u{e9}"] {
            assert_eq!(text.parse::<StaffToken>(), Err(NoToken), "{text:?}");
        }
    }
}
