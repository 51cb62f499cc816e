//! Texts with placeholders: `{token}` and its kin, filled in for each request without allocating.

use passes::Purpose;

/// What a placeholder stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The resident's credential, from the answer to the registration.
    Token,
    /// The name of the resident's pass.
    Pass,
    /// What is shown at a check.
    Code,
    /// The number of a made-up identity document, different for each registration.
    Document,
    /// What the pass is for.
    Purpose,
    /// For how many seconds the pass is asked; `null` for as long as the target gives.
    DurationS,
    /// A text that no other request has: an idempotency key.
    Key,
    /// The number of the resident.
    Resident,
    /// The token of the officer who verifies. Put in before the text is cut into pieces; what is left stands in for it.
    OfficerToken,
    /// The token of the operator who registers many, likewise.
    OperatorToken,
    /// What the resident's phone wants signed, blinded. The reference server's own: how to blind is no affair of a description.
    Blinded,
}

impl Slot {
    pub(crate) const ALL: [Slot; 11] = [
        Slot::Token,
        Slot::Pass,
        Slot::Code,
        Slot::Document,
        Slot::Purpose,
        Slot::DurationS,
        Slot::Key,
        Slot::Resident,
        Slot::OfficerToken,
        Slot::OperatorToken,
        Slot::Blinded,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Slot::Token => "token",
            Slot::Pass => "pass",
            Slot::Code => "code",
            Slot::Document => "document",
            Slot::Purpose => "purpose",
            Slot::DurationS => "duration_s",
            Slot::Key => "key",
            Slot::Resident => "resident",
            Slot::OfficerToken => "officer_token",
            Slot::OperatorToken => "operator_token",
            Slot::Blinded => "blinded",
        }
    }
}

/// How a value is written so that it cannot end what it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// As it is. In a header; a value with a line break is refused before it gets here ([`sound`]).
    None,
    /// Percent-encoded (RFC 3986 section 2.1), all but unreserved characters: in a path or a form.
    Percent,
    /// With the escapes of a JSON string (RFC 8259 section 7).
    Json,
}

/// The variable parts of a request. Unused ones are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    /// The number of the request in its run.
    pub(crate) index: u64,
    pub(crate) resident: u32,
    pub(crate) token: &'a str,
    pub(crate) pass: &'a str,
    pub(crate) code: &'a str,
    pub(crate) purpose: Purpose,
    pub(crate) duration_s: Option<u32>,
    pub(crate) blinded: &'a str,
}

/// Parts that can stand in for any, to see what a filled-in text looks like.
pub(crate) const SAMPLE: Parts<'static> = Parts {
    index: 0,
    resident: 0,
    token: "TOKEN",
    pass: "PASS",
    code: "CODE",
    purpose: Purpose::Groceries,
    duration_s: Some(1),
    blinded: "BLINDED",
};

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Slot(Slot, Escape),
}

/// A text with placeholders, cut into pieces once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

impl Template {
    /// Adds `text` as it stands, without placeholders.
    pub(crate) fn literal(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(before)) => before.extend_from_slice(text.as_bytes()),
            _ => self.0.push(Piece::Text(text.as_bytes().to_vec())),
        }
    }

    /// Adds `text`, whose placeholders are filled in with `escape`. A placeholder is a name in braces; other braces are text.
    ///
    /// # Errors
    /// The names in braces that stand for nothing.
    pub(crate) fn text(&mut self, text: &str, escape: Escape) -> Result<(), Vec<String>> {
        let mut unknown = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            self.literal(before);
            let Some(name) = placeholder(from) else {
                self.literal("{");
                rest = &from[1..];
                continue;
            };
            match Slot::ALL.into_iter().find(|slot| slot.name() == name) {
                Some(slot) => self.0.push(Piece::Slot(slot, escape)),
                None => unknown.push(name.to_owned()),
            }
            rest = &from[name.len() + 2..];
        }
        self.literal(rest);
        if unknown.is_empty() { Ok(()) } else { Err(unknown) }
    }

    /// Whether `slot` is somewhere in it.
    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Slot(here, _) if *here == slot))
    }

    /// Hands the text, with `parts` filled in, to `emit` piece by piece. `run` begins keys and documents.
    pub(crate) fn render(&self, run: &str, parts: &Parts<'_>, emit: &mut impl FnMut(&[u8])) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => emit(text),
                Piece::Slot(slot, escape) => fill(*slot, *escape, run, parts, emit),
            }
        }
    }
}

/// The name of the placeholder that `text` begins with: small letters and underscores between braces.
fn placeholder(text: &str) -> Option<&str> {
    let name = &text[1..text.find('}')?];
    let sound = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    sound.then_some(name)
}

fn fill(slot: Slot, escape: Escape, run: &str, parts: &Parts<'_>, emit: &mut impl FnMut(&[u8])) {
    match slot {
        Slot::Token => escaped(parts.token, escape, emit),
        Slot::Pass => escaped(parts.pass, escape, emit),
        Slot::Code => escaped(parts.code, escape, emit),
        Slot::Blinded => escaped(parts.blinded, escape, emit),
        Slot::OfficerToken => emit(b"OFFICER-TOKEN"),
        Slot::OperatorToken => emit(b"OPERATOR-TOKEN"),
        Slot::Purpose => escaped(parts.purpose.name(), escape, emit),
        // No authority issues numbers that look like this.
        Slot::Document => {
            emit(b"load-test-");
            emit(run.as_bytes());
            emit(b"-");
            digits(parts.index, 16, emit);
        }
        Slot::Key => {
            emit(run.as_bytes());
            emit(b"-");
            digits(parts.index, 16, emit);
        }
        Slot::DurationS => match parts.duration_s {
            Some(duration_s) => digits(duration_s.into(), 10, emit),
            None => emit(b"null"),
        },
        Slot::Resident => digits(parts.resident.into(), 10, emit),
    }
}

/// The digits of `number` to this `base`, which is at most 16.
pub(crate) fn digits(mut number: u64, base: u64, emit: &mut impl FnMut(&[u8])) {
    let mut text = [0; 20];
    let mut start = text.len();
    loop {
        start -= 1;
        text[start] = b"0123456789abcdef"[(number % base) as usize];
        number /= base;
        if number == 0 {
            return emit(&text[start..]);
        }
    }
}

fn escaped(text: &str, escape: Escape, emit: &mut impl FnMut(&[u8])) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |byte: u8| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]];
    let plain = |byte: u8| match escape {
        Escape::None => true,
        Escape::Percent => byte.is_ascii_alphanumeric() || b"-._~".contains(&byte),
        Escape::Json => byte >= 0x20 && byte != b'"' && byte != b'\\',
    };
    let mut rest = text.as_bytes();
    while let Some(end) = rest.iter().position(|byte| !plain(*byte)) {
        emit(&rest[..end]);
        let [high, low] = hex(rest[end]);
        match (escape, rest[end]) {
            (Escape::Json, byte @ (b'"' | b'\\')) => emit(&[b'\\', byte]),
            (Escape::Json, _) => emit(&[b'\\', b'u', b'0', b'0', high, low]),
            _ => emit(&[b'%', high, low]),
        }
        rest = &rest[end + 1..];
    }
    emit(rest);
}

/// Whether `text` may stand in a header: nothing in it can end the line.
pub(crate) fn sound(text: &str) -> bool {
    text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PARTS: Parts<'static> = Parts {
        index: 255,
        resident: 7,
        token: "TO/KEN",
        pass: "",
        code: "",
        purpose: Purpose::Pet,
        duration_s: None,
        blinded: "",
    };

    fn rendered(text: &str, escape: Escape, parts: &Parts<'_>) -> String {
        let mut template = Template::default();
        template.text(text, escape).unwrap();
        let mut out = Vec::new();
        template.render("run", parts, &mut |bytes| out.extend_from_slice(bytes));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn placeholders_are_filled_and_other_braces_stay() {
        let json = r#"{"a":{"b":"{purpose}"},"c":{duration_s},"d":{resident},"e":"{key}","f":{}}"#;
        let expected = r#"{"a":{"b":"pet"},"c":null,"d":7,"e":"run-ff","f":{}}"#;
        assert_eq!(rendered(json, Escape::Json, &PARTS), expected);
        assert_eq!(rendered("/x/{token}?d={document}", Escape::Percent, &PARTS), "/x/TO%2FKEN?d=load-test-run-ff");
        let parts = Parts { duration_s: Some(90), index: 0, ..PARTS };
        assert_eq!(rendered("{duration_s} {key} {", Escape::None, &parts), "90 run-0 {");
        assert_eq!(
            Template::default().text("{tokn} {code} {x_y}", Escape::None),
            Err(vec!["tokn".into(), "x_y".into()])
        );
    }

    proptest! {
        #[test]
        fn no_value_breaks_out_of_json_or_a_path(code in ".{0,40}") {
            let parts = Parts { code: &code, ..PARTS };
            let read: serde_json::Value =
                serde_json::from_str(&rendered(r#"{"code":"{code}"}"#, Escape::Json, &parts)).unwrap();
            prop_assert_eq!(read["code"].as_str(), Some(code.as_str()));
            let path = rendered("{code}", Escape::Percent, &parts);
            prop_assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        }
    }
}
