//! Whether an answer is right: its status and its content.

use std::borrow::Cow;

use crate::Kind;
use crate::interface::Rule;
use crate::interface::pointer::{Found, Pointer};
use crate::kind::Outcome;
use crate::wallet::LONGEST_TEXT;

/// What a right answer brings to the resident who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Judges the answer to a request of `kind` by `rule`. `valid` is the verdict that the shown code deserves.
pub(crate) fn judge<'a>(rule: &Rule, kind: Kind, valid: bool, status: u16, body: &'a [u8]) -> (Outcome, Gain<'a>) {
    if rule.invalid.contains(&status) {
        return (if valid { Outcome::Wrong } else { Outcome::Right }, Gain::Nothing);
    }
    if !rule.right.contains(&status) {
        return (by_status(status), Gain::Nothing);
    }
    let gain = match kind {
        Kind::Get | Kind::Cancel | Kind::CheckIn => Some(Gain::Nothing),
        Kind::Register => token(rule, body),
        Kind::Issue => pass(rule, body),
        Kind::Verify => verdict(rule, body).filter(|found| *found == valid).map(|_| Gain::Nothing),
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

/// The text that was found, if it is one that can be kept and sent back.
fn text(found: Option<Found<'_>>) -> Option<Cow<'_, str>> {
    let text = found?.into_text()?;
    let usable = !text.is_empty() && text.len() <= LONGEST_TEXT && crate::interface::template::sound(&text);
    usable.then_some(text)
}

fn token<'a>(rule: &Rule, body: &'a [u8]) -> Option<Gain<'a>> {
    match &rule.token {
        Some(pointer) => text(pointer.find(body)).map(Gain::Token),
        None => Some(Gain::Nothing),
    }
}

fn pass<'a>(rule: &Rule, body: &'a [u8]) -> Option<Gain<'a>> {
    let Some(pointer) = &rule.code else { return Some(Gain::Nothing) };
    let [code, pass] = Pointer::find_all([pointer, rule.pass.as_ref().unwrap_or(pointer)], body)?;
    Some(Gain::Pass { pass: text(pass)?, code: text(code)? })
}

/// The verdict of a right status: what the content says; where it need say nothing, valid.
fn verdict(rule: &Rule, body: &[u8]) -> Option<bool> {
    match &rule.valid {
        Some((pointer, valid_is)) => pointer.find(body).map(|found| found.is(valid_is)),
        None => Some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::interface::Interface;
    use crate::request::Templates;

    fn rules(interface: Interface) -> Templates {
        let target = Target::parse("http://127.0.0.1:9", &[]).unwrap();
        Templates::new(&target, &interface.resolved(false), "/", "run".into())
    }

    #[test]
    fn the_content_decides() {
        let rules = rules(Interface::default());
        let issued = br#"{"pass":"P","code":"LG1:A\/B","purpose":"pet","valid_from_s":1,"valid_until_s":2}"#;
        let gain = Gain::Pass { pass: "P".into(), code: "LG1:A/B".into() };
        assert_eq!(judge(rules.rule(Kind::Issue), Kind::Issue, true, 201, issued), (Outcome::Right, gain));
        let outcome = |kind, valid, status, body: &[u8]| judge(rules.rule(kind), kind, valid, status, body).0;
        assert_eq!(outcome(Kind::Issue, true, 201, b"{}"), Outcome::Wrong);
        assert_eq!(outcome(Kind::Issue, true, 200, issued), Outcome::Wrong);
        assert_eq!(outcome(Kind::Register, true, 201, br#"{"token":""}"#), Outcome::Wrong);
        assert_eq!(
            outcome(Kind::Register, true, 201, b"{\"token\":\"a\\r\\nb\"}"),
            Outcome::Wrong,
            "it would end a header"
        );
        assert_eq!(outcome(Kind::CheckIn, true, 204, b""), Outcome::Right);
        assert_eq!(outcome(Kind::CheckIn, true, 200, b"{}"), Outcome::Wrong);
        assert_eq!(outcome(Kind::Verify, true, 200, br#"{"valid":true,"purpose":"pet"}"#), Outcome::Right);
        assert_eq!(outcome(Kind::Verify, false, 200, br#"{"valid":true}"#), Outcome::Wrong);
        assert_eq!(outcome(Kind::Verify, false, 200, br#"{"valid":false,"reason":"expired"}"#), Outcome::Right);
        assert_eq!(outcome(Kind::Verify, false, 200, b"\xff"), Outcome::Wrong);
        assert_eq!(outcome(Kind::Verify, false, 200, b"{}"), Outcome::Wrong, "no verdict is no verdict");
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
            let rules = rules(Interface::default());
            assert_eq!(judge(rules.rule(Kind::Cancel), Kind::Cancel, true, status, b"").0, outcome, "{status}");
        }
    }

    #[test]
    fn other_servers_tell_their_verdict_in_other_ways() {
        let by_status = serde_json::json!({ "verify": { "path": "/v", "right": [200], "invalid": [404, 410] } });
        let by_word = serde_json::json!({ "verify": { "path": "/v", "valid": "/r/0/state", "valid_is": "OK" } });
        let [by_status, by_word] = [by_status, by_word].map(|json| rules(serde_json::from_value(json).unwrap()));
        let outcome = |rules: &Templates, valid, status, body: &[u8]| {
            judge(rules.rule(Kind::Verify), Kind::Verify, valid, status, body).0
        };
        for (valid, status, expected) in [
            (true, 200, Outcome::Right),
            (false, 200, Outcome::Wrong),
            (true, 410, Outcome::Wrong),
            (false, 404, Outcome::Right),
            (false, 400, Outcome::Refused),
        ] {
            assert_eq!(outcome(&by_status, valid, status, b"gone"), expected, "{valid} {status}");
        }
        assert_eq!(outcome(&by_word, true, 200, br#"{"r":[{"state":"OK"}]}"#), Outcome::Right);
        assert_eq!(outcome(&by_word, false, 200, br#"{"r":[{"state":"EXPIRED"}]}"#), Outcome::Right);
        assert_eq!(outcome(&by_word, false, 200, br#"{"r":[]}"#), Outcome::Wrong);
    }
}
