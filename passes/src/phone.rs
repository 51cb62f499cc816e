//! The phone's half of every scheme.

use crate::Purpose;
use crate::blind::Blinding;
use crate::key::Key;
use crate::scheme::{SchemeError, SchemeKind};
use crate::wire::IssuedPass;

/// What a phone keeps between asking for a pass and showing it.
pub struct Asking {
    blinding: Option<Blinding>,
}

impl SchemeKind {
    /// Gets ready to ask for a pass for `purpose` that begins to hold at `from_s` (Unix seconds). `keys` are those that the server
    /// publishes; `secret` is random and used once. Only `blind` needs either.
    ///
    /// # Errors
    /// [`SchemeError::NoKey`] when none is published for that purpose and day, [`SchemeError::BadKey`] when it is none.
    pub fn ask(self, keys: &[Key], purpose: Purpose, from_s: i64, secret: [u8; 32]) -> Result<Asking, SchemeError> {
        if self != SchemeKind::Blind {
            return Ok(Asking { blinding: None });
        }
        let fits = |key: &&Key| key.purpose == Some(purpose) && key.window.contains(from_s);
        let key = keys.iter().find(fits).ok_or(SchemeError::NoKey)?;
        Ok(Asking { blinding: Some(Blinding::new(key, secret)?) })
    }
}

impl Asking {
    /// What to send as `blinded`, if anything.
    pub fn blinded(&self) -> Option<String> {
        self.blinding.as_ref().map(Blinding::blinded)
    }

    /// The code to show, of the server's answer.
    ///
    /// # Errors
    /// [`SchemeError::BadSignature`] when the answer is none to what was asked.
    pub fn code(&self, answer: &IssuedPass) -> Result<String, SchemeError> {
        match (&self.blinding, &answer.blind_signature) {
            (None, _) => Ok(answer.code.clone()),
            (Some(_), Some(signature)) => self.unblind(signature),
            (Some(_), None) => Err(SchemeError::BadSignature),
        }
    }

    /// The code to show, of nothing but the `blind_signature` in the server's answer.
    ///
    /// # Errors
    /// [`SchemeError::BadSignature`] when it is none of what was asked, or nothing was asked to be signed.
    pub fn unblind(&self, signature: &str) -> Result<String, SchemeError> {
        self.blinding.as_ref().ok_or(SchemeError::BadSignature)?.code(signature)
    }
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asking(..)")
    }
}
