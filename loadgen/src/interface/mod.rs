//! How a target is spoken to: the `[target]` section. The reference server's own interface is one such description, so every target
//! goes the same way.

mod faults;
pub(crate) mod pointer;
mod rule;
pub(crate) mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Kind;
pub(crate) use rule::Rule;

/// How a pass server is asked for what a pass server does: the `[target]` section. Empty: the interface of the reference server
/// (`docs/api.md`).
///
/// Paths, headers and bodies may hold placeholders: `{token}` (what the answer to the registration brought), `{pass}` and `{code}`
/// (what the answer to the issue brought), `{officer_token}` and `{operator_token}` (given with the run), `{document}` (a made-up number of an identity document), `{purpose}`, `{duration_s}`
/// (seconds, or `null`), `{resident}` (a number) and `{key}` (an idempotency key). In a body they are escaped as in a JSON string, in
/// a path and in a form they are percent-encoded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interface {
    /// Headers of every request, by name, such as an API key.
    pub headers: BTreeMap<String, String>,
    /// Whether a pass can be shown once only: a second time it must be found invalid.
    pub single_use: bool,
    /// A resident registers. Without it residents are not registered, and every request must do without `{token}`.
    pub register: Option<Act>,
    /// A resident asks for a pass.
    pub issue: Option<Act>,
    /// An officer shows a code.
    pub verify: Option<Act>,
    /// A resident gives a pass back.
    pub cancel: Option<Act>,
    /// A patient at home answers a prompt.
    pub check_in: Option<Act>,
}

/// One thing that a pass server does: how it is asked, and which answer is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Act {
    /// The method.
    pub method: String,
    /// The path, from the slash on, with its query.
    pub path: String,
    /// Headers by name, such as `authorization = "Bearer {token}"`.
    pub headers: BTreeMap<String, String>,
    /// The body; JSON unless a header `content-type` says otherwise. Without one nothing is sent.
    pub body: Option<String>,
    /// Statuses of a right answer.
    pub right: Vec<u16>,
    /// Of a registration: where in the answer the token is, as a JSON pointer.
    pub token: Option<String>,
    /// Of an issue: where in the answer the code is that will be shown.
    pub code: Option<String>,
    /// Of an issue: where in the answer the pass's name is, for `{pass}`; default: the code.
    pub pass: Option<String>,
    /// Of a verification: where in the answer the verdict is. Without it the status is the verdict.
    pub valid: Option<String>,
    /// Of a verification: what stands at `valid` when the pass is valid; anything else there means that it is not.
    pub valid_is: Value,
    /// Of a verification: statuses that mean that the pass is not valid.
    pub invalid: Vec<u16>,
}

impl Default for Act {
    /// A POST; any of 200, 201 and 204 is right; `true` means valid.
    fn default() -> Self {
        Act {
            method: "POST".to_owned(),
            path: String::new(),
            headers: BTreeMap::new(),
            body: None,
            right: vec![200, 201, 204],
            token: None,
            code: None,
            pass: None,
            valid: None,
            valid_is: Value::Bool(true),
            invalid: Vec::new(),
        }
    }
}

impl Act {
    fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.headers.values_mut().chain(&mut self.body).chain([&mut self.path])
    }
}

impl Interface {
    /// Whether this is the reference server's: nothing is mapped.
    pub fn is_reference(&self) -> bool {
        Kind::ALL.into_iter().all(|kind| self.act(kind).is_none())
    }

    /// The description to work with: the reference server's acts where none is mapped, under the scheme `blind` where that is what
    /// it runs.
    pub(crate) fn resolved(&self, blind: bool) -> Self {
        match (self.is_reference(), blind) {
            (false, _) => self.clone(),
            (true, false) => self.reference(),
            (true, true) => self.reference().blind(),
        }
    }

    /// All texts that may hold placeholders.
    pub(crate) fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let Interface { headers, single_use: _, register, issue, verify, cancel, check_in } = self;
        let acts = [register, issue, verify, cancel, check_in].into_iter().flatten();
        headers.values_mut().chain(acts.flat_map(Act::texts_mut))
    }

    /// The same under the scheme `blind`: what is sent to be signed is blinded, what comes is a signature of it, and what phones make
    /// of that can be shown once. Nothing can be given back, and who tries is told so (`not-withdrawable`).
    fn blind(mut self) -> Self {
        if let Some(issue) = &mut self.issue {
            issue.body = Some(r#"{"purpose":"{purpose}","duration_s":{duration_s},"blinded":"{blinded}"}"#.to_owned());
            issue.code = Some("/blind_signature".to_owned());
        }
        if let Some(cancel) = &mut self.cancel {
            cancel.right = vec![409];
        }
        Interface { single_use: true, ..self }
    }

    /// How `kind` is asked for, if it is mapped. A plain GET needs no mapping.
    pub fn act(&self, kind: Kind) -> Option<&Act> {
        match kind {
            Kind::Get => None,
            Kind::Register => self.register.as_ref(),
            Kind::Issue => self.issue.as_ref(),
            Kind::Verify => self.verify.as_ref(),
            Kind::Cancel => self.cancel.as_ref(),
            Kind::CheckIn => self.check_in.as_ref(),
        }
    }

    fn reference(&self) -> Self {
        let text = |text: &str| Some(text.to_owned());
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let bearer = || header("authorization", "Bearer {token}");
        let key = || header("idempotency-key", "{key}");
        let act = |path: &str, status: u16| Act { path: path.to_owned(), right: vec![status], ..Act::default() };
        Interface {
            headers: self.headers.clone(),
            single_use: self.single_use,
            register: Some(Act {
                headers: [key()].into(),
                body: text(r#"{"document":"{document}","channel":"web"}"#),
                token: text("/token"),
                ..act("/v1/residents", 201)
            }),
            issue: Some(Act {
                headers: [bearer(), key()].into(),
                body: text(r#"{"purpose":"{purpose}","duration_s":{duration_s}}"#),
                code: text("/code"),
                pass: text("/pass"),
                ..act("/v1/passes", 201)
            }),
            verify: Some(Act {
                body: text(r#"{"code":"{code}"}"#),
                valid: text("/valid"),
                ..act("/v1/verifications", 200)
            }),
            cancel: Some(Act {
                method: "DELETE".to_owned(),
                headers: [bearer()].into(),
                ..act("/v1/passes/{pass}", 204)
            }),
            check_in: Some(Act { headers: [bearer()].into(), body: text("{}"), ..act("/v1/check-ins", 204) }),
        }
    }
}
