//! What a route takes and gives: the form in which [`describe`](super::describe) says it once, for the router and for `/openapi.json`.

use axum::http::StatusCode;
use axum::routing::MethodFilter;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::problem::Problem;
use crate::Role;

/// Makes the schema of a type, noting the types that it needs in the generator.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One thing that can be asked, with all of its answers.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) verb: Verb,
    /// With parameters in braces, such as `/v1/passes/{pass}`.
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) who: Who,
    /// The schema of the JSON body.
    pub(super) takes: Option<SchemaOf>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) gives: Vec<Given>,
    refuses: Vec<Problem>,
}

/// The methods that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Delete,
}

/// Whose token the request must carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    Resident,
    Staff(Role),
}

/// A header or a part of the query that a request may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    pub(super) place: &'static str,
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) schema: SchemaOf,
    pub(super) about: &'static str,
}

/// An answer that is no problem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub(super) status: StatusCode,
    pub(super) content: Content,
    pub(super) about: &'static str,
}

/// What an answer holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Nothing,
    Json(SchemaOf),
    /// Text or bytes of this media type.
    Of(&'static str),
}

impl Verb {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Delete => "delete",
        }
    }

    pub(super) const fn filter(self) -> MethodFilter {
        match self {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Delete => MethodFilter::DELETE,
        }
    }
}

impl Operation {
    pub(super) fn get(path: &'static str, summary: &'static str) -> Self {
        Operation::new(Verb::Get, path, summary)
    }

    pub(super) fn post(path: &'static str, summary: &'static str) -> Self {
        Operation::new(Verb::Post, path, summary)
    }

    pub(super) fn delete(path: &'static str, summary: &'static str) -> Self {
        Operation::new(Verb::Delete, path, summary)
    }

    fn new(verb: Verb, path: &'static str, summary: &'static str) -> Self {
        let (parameters, gives, refuses) = (Vec::new(), Vec::new(), Vec::new());
        Operation { verb, path, summary, who: Who::Anybody, takes: None, parameters, gives, refuses }
    }

    pub(super) fn by(self, who: Who) -> Self {
        Operation { who, ..self }
    }

    /// Takes a body of JSON.
    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        Operation { takes: Some(|generator| generator.subschema_for::<T>()), ..self }
    }

    /// Takes a header `Idempotency-Key`.
    pub(super) fn idempotency_key(mut self, required: bool) -> Self {
        self.parameters.push(Parameter {
            place: "header",
            name: "Idempotency-Key",
            required,
            schema: |_| schemars::json_schema!({"type": "string", "pattern": "^[!-~]{1,64}$"}),
            about: "1 to 64 visible ASCII characters, new for every new wish; the same again repeats the answer.",
        });
        let missing = required.then_some(Problem::IdempotencyKeyMissing);
        self.refuses.extend(missing.into_iter().chain([Problem::IdempotencyKeyInvalid]));
        self
    }

    pub(super) fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// Gives a body of JSON.
    pub(super) fn gives<T: JsonSchema>(self, status: StatusCode, about: &'static str) -> Self {
        self.answers(status, Content::Json(|generator| generator.subschema_for::<T>()), about)
    }

    pub(super) fn answers(mut self, status: StatusCode, content: Content, about: &'static str) -> Self {
        self.gives.push(Given { status, content, about });
        self
    }

    /// Problems besides those that [`Operation::problems`] knows of.
    pub(super) fn refuses(mut self, problems: impl IntoIterator<Item = Problem>) -> Self {
        self.refuses.extend(problems);
        self
    }

    /// Every problem that can be the answer.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let of_bodies = [
            Problem::MalformedJson,
            Problem::BodyTooLarge,
            Problem::NotJson,
            Problem::InvalidBody,
            Problem::RequestTimeout,
        ];
        let of_credentials = match self.who {
            Who::Anybody => [].as_slice(),
            Who::Resident => &[Problem::Unauthorized],
            Who::Staff(_) => &[Problem::Unauthorized, Problem::RoleNotAllowed],
        };
        let always = [Problem::Internal, Problem::Overloaded];
        let bodies = if self.takes.is_some() { of_bodies.as_slice() } else { &[] };
        bodies.iter().chain(of_credentials).chain(&self.refuses).chain(&always).copied().collect()
    }
}
