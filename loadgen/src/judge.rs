//! Whether an answer is right: its status and its content.

use std::borrow::Cow;

use serde::Deserialize;

use crate::Kind;
use crate::kind::Outcome;
use crate::wallet::LONGEST_TEXT;

/// The credential in the answer to a registration.
#[derive(Deserialize)]
struct Registered<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
}

/// What is kept of an issued pass. Borrowed: `passes::wire::IssuedPass` would allocate twice an answer.
#[derive(Deserialize)]
struct Issued<'a> {
    #[serde(borrow)]
    pass: Cow<'a, str>,
    #[serde(borrow)]
    code: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Verdict {
    valid: bool,
}

/// What an answer brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Gain<'a> {
    /// Nothing to keep.
    Nothing,
    /// A credential.
    Token(Cow<'a, str>),
    /// A pass.
    Pass {
        /// Its name.
        pass: Cow<'a, str>,
        /// What to show.
        code: Cow<'a, str>,
    },
}

/// Judges the answer to a request of `kind`. `valid` is the verdict that the shown code deserves.
pub(crate) fn judge(kind: Kind, valid: bool, status: u16, body: &[u8]) -> (Outcome, Gain<'_>) {
    let gain = match (kind, status) {
        (Kind::Get, 200) | (Kind::Cancel | Kind::CheckIn, 204) => Some(Gain::Nothing),
        (Kind::Register, 201) => token(body),
        (Kind::Issue, 201) => pass(body),
        (Kind::Verify, 200) => verdict(valid, body),
        _ => return (by_status(status), Gain::Nothing),
    };
    gain.map_or((Outcome::Wrong, Gain::Nothing), |gain| (Outcome::Right, gain))
}

fn by_status(status: u16) -> Outcome {
    match status {
        429 | 503 => Outcome::Overloaded,
        400..=499 => Outcome::Refused,
        _ => Outcome::Wrong,
    }
}

fn usable(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_TEXT
}

fn token(body: &[u8]) -> Option<Gain<'_>> {
    let Registered { token } = serde_json::from_slice(body).ok()?;
    usable(&token).then_some(Gain::Token(token))
}

fn pass(body: &[u8]) -> Option<Gain<'_>> {
    let Issued { pass, code } = serde_json::from_slice(body).ok()?;
    (usable(&pass) && usable(&code)).then_some(Gain::Pass { pass, code })
}

fn verdict(valid: bool, body: &[u8]) -> Option<Gain<'_>> {
    let verdict: Verdict = serde_json::from_slice(body).ok()?;
    (verdict.valid == valid).then_some(Gain::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides() {
        let issued = br#"{"pass":"P","code":"LG1:A\/B","purpose":"pet","valid_from_s":1,"valid_until_s":2}"#;
        let gain = Gain::Pass { pass: "P".into(), code: "LG1:A/B".into() };
        assert_eq!(judge(Kind::Issue, true, 201, issued), (Outcome::Right, gain));
        let outcome = |kind, valid, status, body: &[u8]| judge(kind, valid, status, body).0;
        assert_eq!(outcome(Kind::Issue, true, 201, b"{}"), Outcome::Wrong);
        assert_eq!(outcome(Kind::Issue, true, 200, issued), Outcome::Wrong);
        assert_eq!(outcome(Kind::Register, true, 201, br#"{"token":""}"#), Outcome::Wrong);
        assert_eq!(outcome(Kind::CheckIn, true, 204, b""), Outcome::Right);
        assert_eq!(outcome(Kind::CheckIn, true, 200, b"{}"), Outcome::Wrong);
        assert_eq!(outcome(Kind::Verify, true, 200, br#"{"valid":true,"purpose":"pet"}"#), Outcome::Right);
        assert_eq!(outcome(Kind::Verify, false, 200, br#"{"valid":true}"#), Outcome::Wrong);
        assert_eq!(outcome(Kind::Verify, false, 200, br#"{"valid":false,"reason":"expired"}"#), Outcome::Right);
        assert_eq!(outcome(Kind::Verify, false, 200, b"\xff"), Outcome::Wrong);
    }

    #[test]
    fn the_status_decides_otherwise() {
        for (status, outcome) in [
            (409, Outcome::Refused),
            (429, Outcome::Overloaded),
            (503, Outcome::Overloaded),
            (500, Outcome::Wrong),
            (302, Outcome::Wrong),
        ] {
            assert_eq!(judge(Kind::Cancel, true, status, b"").0, outcome, "{status}");
        }
    }
}
