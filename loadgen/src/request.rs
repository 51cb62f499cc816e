//! The bytes of a request: constant parts made once, variable parts copied in.

use std::io::Write;

use passes::Channel;
use passes::Purpose;
use passes::wire::{PassRequest, Registration};

use crate::{Kind, Target};

/// The constant parts of all requests to one target.
pub(crate) struct Templates {
    /// From the end of the request line to the end of the constant headers.
    common: Vec<u8>,
    get: Vec<u8>,
    /// The bodies of plain pass requests, by purpose.
    pass_bodies: [Vec<u8>; Purpose::ALL.len()],
    /// What every idempotency key and document of this run begins with.
    run: String,
}

/// The variable parts of a request. Unused ones are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) index: u64,
    pub(crate) token: &'a str,
    pub(crate) pass: &'a str,
    pub(crate) code: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) duration_s: Option<u32>,
}

impl Templates {
    /// The templates for `target`. `run` must be 40 characters at most and differ from run to run.
    pub(crate) fn new(target: &Target, get_path: &str, run: String) -> Self {
        let common = format!(
            " HTTP/1.1\r\nhost: {}\r\nuser-agent: lockgate/{}\r\n",
            target.authority(),
            env!("CARGO_PKG_VERSION")
        );
        let get = format!("GET {get_path}{common}\r\n").into_bytes();
        let pass_bodies = Purpose::ALL.map(|purpose| pass_body(purpose, None));
        Templates { common: common.into_bytes(), get, pass_bodies, run }
    }

    /// Writes a request of `kind` into `out`, which is emptied first. Allocates only while `out` still grows.
    pub(crate) fn write(&self, kind: Kind, parts: &Parts<'_>, out: &mut Vec<u8>) {
        out.clear();
        match kind {
            Kind::Get => out.extend_from_slice(&self.get),
            Kind::Register => self.register(parts, out),
            Kind::Issue => self.issue(parts, out),
            Kind::Verify => self.verify(parts, out),
            Kind::Cancel => {
                out.extend_from_slice(b"DELETE /v1/passes/");
                out.extend_from_slice(parts.pass.as_bytes());
                out.extend_from_slice(&self.common);
                bearer(parts.token, out);
                out.extend_from_slice(b"\r\n");
            }
            Kind::CheckIn => {
                self.post("/v1/check-ins", out);
                bearer(parts.token, out);
                body_of(b"{}", out);
            }
        }
    }

    fn register(&self, parts: &Parts<'_>, out: &mut Vec<u8>) {
        self.post("/v1/residents", out);
        self.idempotency_key(parts.index, out);
        let body = Registration { document: self.document(parts.index), channel: Channel::Web };
        // Registrations are rare beside passes and their bodies are short-lived: the one request that allocates.
        body_of(&serde_json::to_vec(&body).unwrap_or_default(), out);
    }

    fn issue(&self, parts: &Parts<'_>, out: &mut Vec<u8>) {
        self.post("/v1/passes", out);
        bearer(parts.token, out);
        self.idempotency_key(parts.index, out);
        match parts.duration_s {
            None => body_of(&self.pass_bodies[parts.purpose as usize], out),
            duration_s => body_of(&pass_body(parts.purpose, duration_s), out),
        }
    }

    fn verify(&self, parts: &Parts<'_>, out: &mut Vec<u8>) {
        const OPEN: &[u8] = br#"{"code":""#;
        const CLOSE: &[u8] = br#""}"#;
        self.post("/v1/verifications", out);
        let escapes = parts.code.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        length(OPEN.len() + parts.code.len() + escapes + CLOSE.len(), out);
        out.extend_from_slice(OPEN);
        for byte in parts.code.bytes() {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.extend_from_slice(CLOSE);
    }

    /// The document of a made-up resident. No authority issues numbers that look like this.
    fn document(&self, index: u64) -> String {
        format!("load-test-{}-{index:x}", self.run)
    }

    fn post(&self, path: &str, out: &mut Vec<u8>) {
        out.extend_from_slice(b"POST ");
        out.extend_from_slice(path.as_bytes());
        out.extend_from_slice(&self.common);
        out.extend_from_slice(b"content-type: application/json\r\n");
    }

    fn idempotency_key(&self, index: u64, out: &mut Vec<u8>) {
        put(out, format_args!("idempotency-key: {}-{index:x}\r\n", self.run));
    }
}

fn pass_body(purpose: Purpose, duration_s: Option<u32>) -> Vec<u8> {
    serde_json::to_vec(&PassRequest { purpose, valid_from_s: None, duration_s, blinded: None }).unwrap_or_default()
}

fn bearer(token: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b"authorization: Bearer ");
    out.extend_from_slice(token.as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// The last header and the blank line.
fn length(bytes: usize, out: &mut Vec<u8>) {
    put(out, format_args!("content-length: {bytes}\r\n\r\n"));
}

fn body_of(body: &[u8], out: &mut Vec<u8>) {
    length(body.len(), out);
    out.extend_from_slice(body);
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // A vector takes all that is written.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::wire::{CheckIn, VerificationRequest};

    const PARTS: Parts<'static> = Parts {
        index: 255,
        token: "TOKEN",
        pass: "PASS",
        code: "LG1:A\"B\\C",
        purpose: Purpose::Pet,
        duration_s: None,
    };

    fn written(kind: Kind, parts: Parts<'_>) -> (String, String) {
        let target = Target::parse("http://127.0.0.1:9", &[]).unwrap();
        let mut out = b"left over".to_vec();
        Templates::new(&target, "/health", "run".into()).write(kind, &parts, &mut out);
        let text = String::from_utf8(out).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    #[test]
    fn each_request_is_well_formed() {
        for kind in Kind::ALL {
            let (head, body) = written(kind, PARTS);
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut request = httparse::Request::new(&mut headers);
            let head = format!("{head}\r\n\r\n");
            assert!(request.parse(head.as_bytes()).unwrap().is_complete(), "{kind}");
            let length = request.headers.iter().find(|header| header.name == "content-length");
            let length = length.map_or(0, |header| std::str::from_utf8(header.value).unwrap().parse().unwrap());
            assert_eq!(length, body.len(), "{kind}");
            assert!(request.headers.iter().any(|header| header.name == "host" && header.value == b"127.0.0.1:9"));
        }
    }

    #[test]
    fn bodies_are_those_of_the_interface() {
        let (head, body) = written(Kind::Issue, Parts { duration_s: Some(1), ..PARTS });
        let asked: PassRequest = serde_json::from_str(&body).unwrap();
        assert_eq!(
            asked,
            PassRequest { purpose: Purpose::Pet, valid_from_s: None, duration_s: Some(1), blinded: None }
        );
        assert!(head.contains("authorization: Bearer TOKEN\r\nidempotency-key: run-ff"), "{head}");
        let (_, body) = written(Kind::Verify, PARTS);
        assert_eq!(serde_json::from_str::<VerificationRequest>(&body).unwrap().code, PARTS.code);
        let (_, body) = written(Kind::Register, PARTS);
        assert_eq!(serde_json::from_str::<Registration>(&body).unwrap().document, "load-test-run-ff");
        let (head, body) = written(Kind::CheckIn, PARTS);
        assert_eq!(serde_json::from_str::<CheckIn>(&body).unwrap(), CheckIn {});
        assert!(head.starts_with("POST /v1/check-ins HTTP/1.1") && head.contains("Bearer TOKEN\r\n"), "{head}");
        assert!(written(Kind::Cancel, PARTS).0.starts_with("DELETE /v1/passes/PASS HTTP/1.1"));
        assert!(written(Kind::Get, PARTS).0.starts_with("GET /health HTTP/1.1"));
    }
}
