//! `GET /openapi.json`: the interface as an OpenAPI 3.1 document.
//!
//! It is written from what the router is built from ([`Route::operation`]) and from the types that are read and sent, so it cannot
//! tell of another interface than there is. OpenAPI 3.1 schemas are JSON Schema 2020-12, which is what `schemars` makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::response::IntoResponse;
use passes::wire;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::App;
use super::operation::{Content, Given, Operation, Parameter, Who};
use super::problem::Problem;
use super::route::Route;
use crate::Role;

/// `GET /openapi.json`
pub(super) async fn openapi(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document(app.staff.is_open()).to_string())
}

/// The document. `open` servers ask no officer or operator for a token.
fn document(open: bool) -> Value {
    let mut writer = Writer { read: generator(true), sent: generator(false), open };
    let mut paths = Map::new();
    for route in Route::ALL {
        let operation = route.operation();
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.verb.name()] = writer.operation(route, &operation);
    }
    let mut schemas = writer.read.take_definitions(true);
    schemas.append(&mut writer.sent.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Lockgate reference server",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Issues and verifies movement passes.",
            "description": "Bodies are JSON, times Unix seconds. Errors are problem documents (RFC 9457) with a stable type.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": credentials()},
    })
}

fn generator(reads: bool) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let settings = if reads { settings.for_deserialize() } else { settings.for_serialize() };
    settings.into_generator()
}

fn credentials() -> Value {
    let bearer = |about: &str| json!({"type": "http", "scheme": "bearer", "description": about});
    let staff = Role::ALL.into_iter().map(|role| (role.name(), bearer("A token from the staff file.")));
    staff
        .chain([("resident", bearer("The token from the registration."))])
        .collect::<BTreeMap<_, _>>()
        .into_iter()
        .collect()
}

struct Writer {
    /// What the server reads and what it sends differ in which fields must be there.
    read: SchemaGenerator,
    sent: SchemaGenerator,
    open: bool,
}

impl Writer {
    fn operation(&mut self, route: Route, operation: &Operation) -> Value {
        let mut written = json!({
            "operationId": route.name(),
            "summary": operation.summary,
            "responses": self.responses(operation),
        });
        let in_path = operation.path.split(['{', '}']).skip(1).step_by(2).map(path_parameter);
        let others = operation.parameters.iter().map(|parameter| self.parameter(parameter));
        let parameters: Vec<Value> = in_path.chain(others).collect();
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        if let Some(schema) = operation.takes {
            let content = json!({"application/json": {"schema": schema(&mut self.read)}});
            written["requestBody"] = json!({"required": true, "content": content});
        }
        if let Some(security) = self.security(operation.who) {
            written["security"] = security;
        }
        written
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        let Parameter { place, name, required, schema, about } = parameter;
        json!({"in": place, "name": name, "required": required, "schema": schema(&mut self.read), "description": about})
    }

    fn security(&self, who: Who) -> Option<Value> {
        match who {
            Who::Anybody => None,
            Who::Resident => Some(json!([{"resident": []}])),
            Who::Staff(role) if self.open && role != Role::Administrator => Some(json!([{}, {role.name(): []}])),
            Who::Staff(role) => Some(json!([{role.name(): []}])),
        }
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let mut responses: Map<String, Value> =
            operation.gives.iter().map(|given| (given.status.as_str().to_owned(), self.given(given))).collect();
        let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
        for problem in operation.problems() {
            by_status.entry(problem.status().as_u16()).or_default().push(problem);
        }
        responses.extend(by_status.iter().map(|(status, problems)| (status.to_string(), self.problems(problems))));
        responses.into()
    }

    fn given(&mut self, given: &Given) -> Value {
        let content = match given.content {
            Content::Nothing => return json!({"description": given.about}),
            Content::Json(schema) => json!({"application/json": {"schema": schema(&mut self.sent)}}),
            Content::Of(media_type) => json!({media_type: {}}),
        };
        json!({"description": given.about, "content": content})
    }

    /// The problems of one status: a problem document whose type is one of theirs.
    fn problems(&mut self, problems: &[Problem]) -> Value {
        let kinds: Vec<String> = problems.iter().map(|problem| problem.kind()).collect();
        let about: Vec<&str> = problems.iter().map(|problem| problem.title()).collect();
        let base = self.sent.subschema_for::<wire::Problem>();
        let schema = json!({"allOf": [base], "properties": {"type": {"enum": kinds}}});
        let mut written = json!({"description": about.join(" "), "content": {wire::PROBLEM_JSON: {"schema": schema}}});
        // What concerns the connection is not the answer's own, and is not there over HTTP/2.
        let headers = problems.iter().filter_map(|problem| problem.header()).filter(|(name, _)| name != CONNECTION);
        for (name, _) in headers {
            written["headers"][name.as_str()] = json!({"schema": {"type": "string"}});
        }
        written
    }
}

fn path_parameter(name: &str) -> Value {
    json!({"in": "path", "name": name, "required": true, "schema": {"type": "string"}})
}
