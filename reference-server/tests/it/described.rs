//! The OpenAPI document of a running server, and whether real answers keep to it.

use std::collections::BTreeSet;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::Asking;

/// One method of one path in the document.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: Value,
}

/// The document, and which of the answers that it promises were seen.
pub(crate) struct Document {
    pub(crate) operations: Vec<Described>,
    components: Value,
    seen: BTreeSet<(String, u16)>,
}

/// An answer that was found to be as the document says.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }
}

impl Described {
    pub(crate) fn id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap()
    }

    /// The role whose token is asked for, `None` for anybody's.
    pub(crate) fn role(&self) -> Option<&str> {
        let wanted = self.operation["security"].as_array()?.last()?.as_object()?;
        wanted.keys().next().map(String::as_str)
    }

    pub(crate) fn takes_body(&self) -> bool {
        self.operation.get("requestBody").is_some()
    }

    pub(crate) fn statuses(&self) -> BTreeSet<u16> {
        self.operation["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap()).collect()
    }

    /// A request with `pass` wherever the path names one, without token or body.
    pub(crate) fn request(&self, ask: &Asking, pass: &str) -> RequestBuilder {
        let path = self
            .path
            .replace("{pass}", pass)
            .replace("{proposal}", pass)
            .replace("{list}", pass)
            .replace("{file}", pass);
        let method = reqwest::Method::from_bytes(self.method.to_uppercase().as_bytes()).unwrap();
        ask.client.request(method, format!("{}{path}", ask.base))
    }
}

impl Document {
    pub(crate) async fn of(ask: &Asking) -> Self {
        let mut document: Value = ask.get("/openapi.json").send().await.unwrap().json().await.unwrap();
        // A client shall bear fields that it does not know; here each must be described.
        for schema in document["components"]["schemas"].as_object_mut().unwrap().values_mut() {
            if schema.get("properties").is_some() {
                schema["additionalProperties"] = false.into();
            }
        }
        let mut operations = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let (method, path) = (method.clone(), path.clone());
                operations.push(Described { method, path, operation: operation.clone() });
            }
        }
        Document { operations, components: document["components"].clone(), seen: BTreeSet::new() }
    }

    pub(crate) fn schema(&self, name: &str) -> &Value {
        &self.components["schemas"][name]
    }

    pub(crate) fn operation(&self, id: &str) -> Described {
        self.operations.iter().find(|operation| operation.id() == id).unwrap_or_else(|| panic!("no {id}")).clone()
    }

    /// Sends `request` and holds the answer against what the document says of the operation.
    pub(crate) async fn send(&mut self, id: &str, request: RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let media_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        let bytes = answer.bytes().await.unwrap().to_vec();
        let told = format!("{id} answered {status}: {}", String::from_utf8_lossy(&bytes));
        let described =
            self.operation(id).operation["responses"][StatusCode::from_u16(status).unwrap().as_str()].clone();
        assert!(described.is_object(), "not described: {told}");
        self.seen.insert((id.to_owned(), status));
        let Some(content) = described.get("content") else {
            assert!(bytes.is_empty() && media_type.is_none(), "described without a body: {told}");
            return Answer { status, bytes };
        };
        let media_type = media_type.unwrap_or_else(|| panic!("no media type: {told}"));
        let described = content.get(media_type.split(';').next().unwrap());
        let described = described.unwrap_or_else(|| panic!("{media_type} is not described: {told}"));
        if let Some(schema) = described.get("schema") {
            let whole = json!({"allOf": [schema], "components": self.components});
            let validator = jsonschema::validator_for(&whole).unwrap();
            let faults: Vec<String> = validator
                .iter_errors(&serde_json::from_slice(&bytes).unwrap())
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{faults:?} in {told}");
        }
        Answer { status, bytes }
    }

    /// Answers that the document promises and that were not seen.
    pub(crate) fn unseen(&self) -> BTreeSet<(String, u16)> {
        let promised = self
            .operations
            .iter()
            .flat_map(|operation| operation.statuses().into_iter().map(|status| (operation.id().to_owned(), status)));
        promised.filter(|promise| !self.seen.contains(promise)).collect()
    }
}
