//! What is wrong with a description of a target; all of it at once.

use passes::Fault;
use serde_json::Value;

use super::pointer::Pointer;
use super::template::{Escape, SAMPLE, Slot, Template, sound};
use super::{Act, Interface};
use crate::Kind;

/// Headers that the engine writes itself.
const OURS: [&str; 4] = ["host", "content-length", "connection", "transfer-encoding"];

impl Interface {
    /// Everything that is wrong with it though each value can be read.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        headers("target.headers", &self.headers, &mut faults);
        for (name, value) in &self.headers {
            placeholders(&format!("target.headers.{name}"), value, self.known(None), &mut faults);
        }
        for kind in Kind::ALL {
            if let Some(act) = self.act(kind) {
                self.faults_of(kind, act, &mut faults);
            }
        }
        faults
    }

    fn faults_of(&self, kind: Kind, act: &Act, faults: &mut Vec<Fault>) {
        let key = |name: &str| format!("target.{kind}.{name}");
        if act.path.is_empty() {
            faults.push(Fault::new(
                key("path"),
                "this key is missing; write the path from the slash on, such as /passes",
            ));
        } else if !act.path.starts_with('/') || !sound(&act.path) || act.path.contains([' ', '#']) {
            faults.push(Fault::new(
                key("path"),
                format!("'{}' is no path; begin with a slash, without spaces or #", act.path),
            ));
        }
        if act.method.is_empty() || !act.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
            faults.push(Fault::new(
                key("method"),
                format!("'{}' is no method; write GET, POST, PUT, PATCH or DELETE", act.method),
            ));
        }
        headers(&key("headers"), &act.headers, faults);
        let known = self.known(Some(kind));
        placeholders(&key("path"), &act.path, known.clone(), faults);
        for (name, value) in &act.headers {
            placeholders(&key(&format!("headers.{name}")), value, known.clone(), faults);
        }
        placeholders(&key("body"), act.body.as_deref().unwrap_or_default(), known, faults);
        json(&key("body"), act, faults);
        for (name, statuses) in [("right", &act.right), ("invalid", &act.invalid)] {
            for status in statuses.iter().filter(|status| !(200..=599).contains(*status)) {
                faults.push(Fault::new(
                    key(name),
                    format!("{status} is no status of an answer; write some of 200 to 599"),
                ));
            }
        }
        if act.right.is_empty() {
            faults.push(Fault::new(key("right"), "no answer would be right; name at least one status, such as 200"));
        }
        if let Some(both) = act.right.iter().find(|status| act.invalid.contains(status)) {
            faults.push(Fault::new(key("invalid"), format!("{both} stands in right, too; one status has one meaning")));
        }
        self.faults_of_answer(kind, act, faults);
    }

    /// What is looked for in the answer: pointers that can be read, and only those that this kind of answer has a use for.
    fn faults_of_answer(&self, kind: Kind, act: &Act, faults: &mut Vec<Fault>) {
        let key = |name: &str| format!("target.{kind}.{name}");
        let pointers = [
            ("token", &act.token, Kind::Register),
            ("code", &act.code, Kind::Issue),
            ("pass", &act.pass, Kind::Issue),
            ("valid", &act.valid, Kind::Verify),
        ];
        for (name, pointer, of) in pointers {
            match pointer.as_ref().map(|pointer| pointer.parse::<Pointer>()) {
                Some(_) if of != kind => {
                    faults.push(Fault::new(key(name), format!("only {of} has it; take it out here")));
                }
                Some(Err(what)) => faults.push(Fault::new(key(name), what)),
                _ => {}
            }
        }
        if !act.invalid.is_empty() && kind != Kind::Verify {
            faults.push(Fault::new(key("invalid"), "only verify has it; take it out here"));
        }
        if act.valid_is.is_array() || act.valid_is.is_object() {
            faults.push(Fault::new(key("valid_is"), "write true, false, a number or a text"));
        } else if act.valid_is != Value::Bool(true) && act.valid.is_none() {
            faults.push(Fault::new(key("valid_is"), "say with `valid` where in the answer it stands"));
        }
        if kind == Kind::Verify && act.valid.is_none() && act.invalid.is_empty() {
            let message = "say how a verdict is told: `valid`, a JSON pointer into the answer, or `invalid`, the statuses of a pass that is not";
            faults.push(Fault::new(key("valid"), message));
        }
        if kind == Kind::Issue && self.verify.is_some() && act.code.is_none() {
            faults.push(Fault::new(
                key("code"),
                "this key is missing; a JSON pointer to what is shown at a check, such as /code",
            ));
        }
    }

    /// What placeholders may stand for in requests of `kind`, or of every kind.
    fn known(&self, kind: Option<Kind>) -> Vec<Slot> {
        let mut known = vec![Slot::Resident, Slot::Key, Slot::OfficerToken, Slot::OperatorToken];
        let tokens = self.register.as_ref().is_some_and(|register| register.token.is_some());
        known.extend((tokens && kind.is_some_and(|kind| kind != Kind::Register)).then_some(Slot::Token));
        known.extend_from_slice(match kind {
            Some(Kind::Register) => &[Slot::Document],
            Some(Kind::Issue) => &[Slot::Purpose, Slot::DurationS],
            Some(Kind::Verify) => &[Slot::Code],
            Some(Kind::Cancel) => &[Slot::Pass, Slot::Code],
            _ => &[],
        });
        known
    }
}

fn headers(key: &str, headers: &std::collections::BTreeMap<String, String>, faults: &mut Vec<Fault>) {
    for (name, value) in headers {
        let key = format!("{key}.{name}");
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            faults.push(Fault::new(key, "this is no name of a header; write letters, digits and hyphens"));
        } else if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            faults.push(Fault::new(key, "the engine writes this header itself; take it out"));
        } else if !sound(value) {
            faults.push(Fault::new(key, "a header has one line; take the line break out"));
        }
    }
}

fn placeholders(key: &str, text: &str, known: Vec<Slot>, faults: &mut Vec<Fault>) {
    let mut template = Template::default();
    let unknown = template.text(text, Escape::None).err().unwrap_or_default();
    let out_of_place = Slot::ALL
        .into_iter()
        .filter(|slot| template.has(*slot) && !known.contains(slot))
        .map(|slot| slot.name().to_owned());
    let names: Vec<String> = known.iter().map(|slot| format!("{{{}}}", slot.name())).collect();
    for name in unknown.into_iter().chain(out_of_place) {
        let mut message =
            format!("nothing is known here that {{{name}}} could stand for; there are {}", names.join(", "));
        if name == Slot::Token.name() {
            message += "; {token} needs [target.register] with `token`, and is not known before";
        }
        faults.push(Fault::new(key, message));
    }
}

/// A JSON body must be JSON when all is filled in.
fn json(key: &str, act: &Act, faults: &mut Vec<Fault>) {
    let Some(body) = &act.body else { return };
    if act.content_type() != JSON {
        return;
    }
    let mut template = Template::default();
    if template.text(body, Escape::Json).is_err() {
        return;
    }
    let mut filled = Vec::new();
    template.render("r", &SAMPLE, &mut |bytes| filled.extend_from_slice(bytes));
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&filled) {
        let message = format!(
            "this is no JSON when it is filled in ({error}): {}; put texts between quotes, or name another content-type in headers",
            String::from_utf8_lossy(&filled)
        );
        faults.push(Fault::new(key, message));
    }
}

const JSON: &str = "application/json";

impl Act {
    /// The content type of the body.
    pub(crate) fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or(JSON)
    }

    /// How values are written into the body.
    pub(crate) fn body_escape(&self) -> Escape {
        match self.content_type() {
            form if form.starts_with("application/x-www-form-urlencoded") => Escape::Percent,
            _ => Escape::Json,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: serde_json::Value) -> Vec<(String, String)> {
        let interface: Interface = serde_json::from_value(json).unwrap();
        interface.faults().into_iter().map(|fault| (fault.key, fault.message)).collect()
    }

    #[test]
    fn the_reference_interface_is_sound() {
        let reference = Interface::default().resolved(false);
        assert_eq!(reference.faults(), []);
        assert!(!reference.is_reference() && Interface::default().is_reference());
        assert!(Kind::ALL.into_iter().filter(|kind| *kind != Kind::Get).all(|kind| reference.act(kind).is_some()));
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let told = faults(serde_json::json!({
            "headers": { "Host": "x", "x y": "z" },
            "register": { "path": "people", "right": [] },
            "issue": { "path": "/p", "method": "post", "body": "{\"why\": {purpose}}", "headers": { "a": "Bearer {token}" } },
            "verify": { "path": "/v/{coed}", "right": [200], "invalid": [200, 20], "valid": "ok", "token": "/t" },
        }));
        let keys: Vec<&str> = told.iter().map(|(key, _)| key.as_str()).collect();
        let expected = [
            "target.headers.Host",
            "target.headers.x y",
            "target.register.path",
            "target.register.right",
            "target.issue.method",
            "target.issue.headers.a",
            "target.issue.body",
            "target.issue.code",
            "target.verify.path",
            "target.verify.invalid",
            "target.verify.invalid",
            "target.verify.token",
            "target.verify.valid",
        ];
        assert_eq!(keys, expected, "{told:#?}");
    }

    #[test]
    fn a_verdict_must_be_told_somehow() {
        let told = faults(serde_json::json!({ "verify": { "path": "/v" } }));
        assert_eq!(told.len(), 1);
        assert!(told[0].1.starts_with("say how a verdict is told"), "{told:?}");
        assert!(faults(serde_json::json!({ "verify": { "path": "/v", "invalid": [404] } })).is_empty());
    }
}
