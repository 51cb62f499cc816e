//! The designs that are compared.

use std::fmt;
use std::str::FromStr;

use passes::SchemeKind;

/// What follows the name of a scheme whose server logs checks.
const LOG: &str = "+log";

/// A way to let people out with or without a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Design {
    /// Everybody writes a page about themselves and shows it: there is no server.
    None,
    /// A server of this scheme.
    Server { scheme: SchemeKind, log_checks: bool },
}

impl Design {
    /// All that are compared unless told otherwise, the one without a server first.
    pub(crate) const USUAL: [Design; 5] = [
        Design::None,
        Design::Server { scheme: SchemeKind::Lookup, log_checks: false },
        Design::Server { scheme: SchemeKind::Lookup, log_checks: true },
        Design::Server { scheme: SchemeKind::Signed, log_checks: false },
        Design::Server { scheme: SchemeKind::Blind, log_checks: false },
    ];

    /// Of these, the one without a server and those of `schemes`.
    pub(crate) fn usual_of(schemes: &[SchemeKind]) -> Vec<Design> {
        let is_asked = |design: &Design| match design {
            Design::None => true,
            Design::Server { scheme, .. } => schemes.contains(scheme),
        };
        Self::USUAL.into_iter().filter(is_asked).collect()
    }
}

impl fmt::Display for Design {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Design::None => f.write_str("none"),
            Design::Server { scheme, log_checks } => {
                write!(f, "{}{}", scheme.name(), if *log_checks { LOG } else { "" })
            }
        }
    }
}

impl FromStr for Design {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Design::None);
        }
        let (scheme, log_checks) = text.strip_suffix(LOG).map_or((text, false), |scheme| (scheme, true));
        let scheme = scheme.parse::<SchemeKind>().map_err(|_| {
            format!("no design is called '{text}'; write none, lookup, signed or blind, the last three also with +log")
        })?;
        Ok(Design::Server { scheme, log_checks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_counted_beside_no_server_at_all() {
        let names =
            |schemes: &[SchemeKind]| Design::usual_of(schemes).iter().map(Design::to_string).collect::<Vec<_>>();
        assert_eq!(names(&[SchemeKind::Blind]), ["none", "blind"]);
        assert_eq!(names(&[SchemeKind::Signed, SchemeKind::Lookup]), ["none", "lookup", "lookup+log", "signed"]);
    }

    #[test]
    fn names_lead_back() {
        for design in Design::USUAL {
            assert_eq!(design.to_string().parse(), Ok(design));
        }
        for wrong in ["", "+log", "none+log", "paper"] {
            assert!(wrong.parse::<Design>().unwrap_err().contains(wrong), "{wrong}");
        }
    }
}
