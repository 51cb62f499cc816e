//! The bytes of a request: constant parts made once, variable parts copied in.

use std::collections::BTreeMap;

use crate::interface::template::{Escape, Parts, Slot, Template, digits};
use crate::interface::{Act, Interface, Rule};
use crate::{Kind, Target};

/// All requests to one target, ready to be filled in, and which answers are right.
pub(crate) struct Templates {
    acts: [Option<Request>; Kind::ALL.len()],
    rules: [Rule; Kind::ALL.len()],
    /// What every idempotency key and document of this run begins with.
    run: String,
    /// Whether a pass shown twice must be found invalid.
    pub(crate) single_use: bool,
}

/// One request with its placeholders.
struct Request {
    /// To the end of the constant headers.
    head: Template,
    body: Option<Template>,
    /// Whether there is a `content-length` even without a body: a method that usually has one.
    measured: bool,
}

impl Templates {
    /// The templates for `target`, which is spoken to as `interface` says. `run` must be 40 characters at most and differ from run to
    /// run.
    pub(crate) fn new(target: &Target, interface: &Interface, get_path: &str, run: String) -> Self {
        let get = Act { method: "GET".into(), path: get_path.to_owned(), ..Act::default() };
        let act = |kind| if kind == Kind::Get { Some(&get) } else { interface.act(kind) };
        let rule = |kind| match kind {
            Kind::Get => Rule::status(&[200]),
            kind => act(kind).map(Rule::of).unwrap_or_default(),
        };
        Templates {
            acts: Kind::ALL.map(|kind| act(kind).map(|act| Request::new(target, interface, act, kind))),
            rules: Kind::ALL.map(rule),
            run,
            single_use: interface.single_use,
        }
    }

    /// Which answers to `kind` are right.
    pub(crate) fn rule(&self, kind: Kind) -> &Rule {
        &self.rules[kind as usize]
    }

    /// Whether a request of `kind` says `slot`.
    pub(crate) fn says(&self, kind: Kind, slot: Slot) -> bool {
        let in_body = |request: &Request| request.body.as_ref().is_some_and(|body| body.has(slot));
        self.acts[kind as usize].as_ref().is_some_and(|request| request.head.has(slot) || in_body(request))
    }

    /// Writes a request of `kind` into `out`, which is emptied first; nothing when the target does not do this. Allocates only while
    /// `out` still grows.
    pub(crate) fn write(&self, kind: Kind, parts: &Parts<'_>, out: &mut Vec<u8>) {
        out.clear();
        let Some(request) = &self.acts[kind as usize] else { return };
        request.head.render(&self.run, parts, &mut |bytes| out.extend_from_slice(bytes));
        let mut length = 0;
        if let Some(body) = &request.body {
            body.render(&self.run, parts, &mut |bytes| length += bytes.len());
        }
        if request.measured {
            out.extend_from_slice(b"content-length: ");
            // The standard formatter takes 330 instructions, a fifth of what a request takes to be built.
            digits(length as u64, 10, &mut |bytes| out.extend_from_slice(bytes));
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if let Some(body) = &request.body {
            body.render(&self.run, parts, &mut |bytes| out.extend_from_slice(bytes));
        }
    }
}

impl Request {
    /// What stands in `act`, whose faults were told before: a placeholder that is not known is left out.
    fn new(target: &Target, interface: &Interface, act: &Act, kind: Kind) -> Self {
        let mut head = Template::default();
        head.literal(&format!("{} ", act.method));
        match kind {
            // A path from the command line, taken as it is.
            Kind::Get => head.literal(&act.path),
            _ => fill(&mut head, &act.path, Escape::Percent),
        }
        head.literal(" HTTP/1.1\r\n");
        head.literal(&format!("host: {}\r\n", target.address_of(kind).authority()));
        let headers: BTreeMap<&String, &String> = interface.headers.iter().chain(&act.headers).collect();
        let named = |name: &str| headers.keys().any(|known| known.eq_ignore_ascii_case(name));
        if !named("user-agent") {
            head.literal(concat!("user-agent: lockgate/", env!("CARGO_PKG_VERSION"), "\r\n"));
        }
        if act.body.is_some() && !named("content-type") {
            head.literal(&format!("content-type: {}\r\n", act.content_type()));
        }
        for (name, value) in headers {
            head.literal(&format!("{name}: "));
            fill(&mut head, value, Escape::None);
            head.literal("\r\n");
        }
        let body = act.body.as_ref().map(|text| {
            let mut body = Template::default();
            fill(&mut body, text, act.body_escape());
            body
        });
        let measured = body.is_some() || !matches!(act.method.as_str(), "GET" | "HEAD" | "DELETE");
        Request { head, body, measured }
    }
}

fn fill(template: &mut Template, text: &str, escape: Escape) {
    // Unknown placeholders were told as faults before anything is sent.
    let _ = template.text(text, escape);
}

#[cfg(test)]
mod tests {
    use super::*;
    use passes::Purpose;
    use passes::wire::{CheckIn, PassRequest, Registration, VerificationRequest};

    const PARTS: Parts<'static> = Parts {
        index: 255,
        resident: 3,
        token: "TOKEN",
        pass: "PASS",
        code: "LG1:A\"B\\C",
        purpose: Purpose::Pet,
        duration_s: None,
        blinded: "",
    };

    fn templates(interface: Interface) -> Templates {
        let target = Target::parse("http://127.0.0.1:9", &[]).unwrap();
        Templates::new(&target, &interface.resolved(false), "/health", "run".into())
    }

    fn written(kind: Kind, parts: Parts<'_>) -> (String, String) {
        let mut out = b"left over".to_vec();
        templates(Interface::default()).write(kind, &parts, &mut out);
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
        let (_, body) = written(Kind::Issue, PARTS);
        assert_eq!(serde_json::from_str::<PassRequest>(&body).unwrap().duration_s, None);
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

    #[test]
    fn another_server_is_asked_in_its_own_words() {
        let json = serde_json::json!({
            "headers": { "x-api-key": "k", "User-Agent": "phone" },
            "verify": { "method": "PUT", "path": "/check/{code}", "invalid": [404] },
            "issue": { "path": "/p", "body": "why={purpose}&id={resident}", "code": "/c",
                       "headers": { "Content-Type": "application/x-www-form-urlencoded", "x-api-key": "own" } },
        });
        let templates = templates(serde_json::from_value(json).unwrap());
        let mut out = Vec::new();
        templates.write(Kind::Verify, &Parts { code: "a/b?", ..PARTS }, &mut out);
        let expected = "PUT /check/a%2Fb%3F HTTP/1.1\r\nhost: 127.0.0.1:9\r\nUser-Agent: phone\r\nx-api-key: k\r\n\
                        content-length: 0\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
        templates.write(Kind::Issue, &PARTS, &mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        assert!(text.ends_with("x-api-key: own\r\ncontent-length: 12\r\n\r\nwhy=pet&id=3"), "{text}");
        templates.write(Kind::Cancel, &PARTS, &mut out);
        assert!(out.is_empty(), "it does not do this");
        assert!(templates.says(Kind::Verify, Slot::Code) && !templates.says(Kind::Issue, Slot::Token));
    }
}
