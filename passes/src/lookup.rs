//! Scheme `lookup`: an opaque code, and the centre is asked at every check.
//!
//! The code is the name of the pass with two check characters: 28 capitals and digits, short enough for paper. For the telephone there
//! is the shorter spoken one, too.

use std::sync::Arc;

use crate::blind::Blinded;
use crate::centre::Centre;
use crate::code::{BASE32_CHARS, check_characters, is_checked_by};
use crate::key::Key;
use crate::scheme::{AskError, Check, Invalid, Issuer, Opaque, Permit, Showing, Verifier};
use crate::spoken::SpokenCode;
use crate::{PassId, Purpose, Window};

/// The server's half.
pub(crate) struct Lookup(pub(crate) Arc<Centre>);

impl Issuer for Lookup {
    fn prepare(&self, _now_s: i64) {}

    fn accept(&self, blinded: Option<&str>, _purpose: Purpose, _window: Window) -> Result<Option<Blinded>, AskError> {
        blinded.map_or(Ok(None), |_| Err(AskError::NothingToSign))
    }

    fn show(&self, permit: &Permit, _blinded: Option<&Blinded>) -> Result<Showing, AskError> {
        let mut code = permit.grant.pass.to_string();
        code.extend(check_characters(&code).into_iter().flatten());
        Ok(Showing::Code { code, spoken: Some(self.0.spoken(&permit.grant)), salt: None })
    }

    fn keys(&self, _now_s: i64) -> Vec<Key> {
        Vec::new()
    }
}

/// The checkpoint's half: it sees typing errors, and no more.
#[derive(Clone, Copy, Debug)]
pub struct LookupVerifier;

impl Verifier for LookupVerifier {
    fn check(&self, code: &str, _now_s: i64) -> Check {
        let (body, check) = code.split_at_checked(BASE32_CHARS).unwrap_or_default();
        if let (Ok(pass), true) = (PassId::parse(body), is_checked_by(body, check)) {
            return Check::AskCentre(Opaque::Pass(pass));
        }
        SpokenCode::parse(code)
            .map_or(Check::Invalid(Invalid::Malformed), |spoken| Check::AskCentre(Opaque::Spoken(spoken)))
    }
}
