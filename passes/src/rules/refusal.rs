//! Why not.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a pass is not issued, or a trip is forbidden. Its [name](Refusal::name) is the stable last part of the problem type on the
/// wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The policy is not in force at the start of the pass.
    NotInForce,
    /// The sunset has come: the service issues nothing any more.
    Sunset,
    /// The purpose is not one the policy allows.
    PurposeNotAllowed,
    /// The purpose needs no pass, and there is none for it.
    PassNotNeeded,
    /// At that time nobody may be out.
    Curfew,
    /// At that time of the day the purpose is not allowed.
    OutsideHours,
    /// The trip leads further from home than the purpose allows. Only who sees the trip can say so: the server does not know where
    /// a holder goes.
    BeyondRadius,
    /// The pass would start further ahead than may be asked for.
    TooFarAhead,
    /// The pass would start in the past.
    InThePast,
    /// A longer time was asked for than the purpose allows, or none.
    DurationNotAllowed,
    /// The resident has had all passes, or all minutes of passes, of this period.
    QuotaExhausted,
}

impl Refusal {
    /// All reasons, in the order of their numbers.
    pub const ALL: [Refusal; 11] = [
        Refusal::NotInForce,
        Refusal::Sunset,
        Refusal::PurposeNotAllowed,
        Refusal::PassNotNeeded,
        Refusal::Curfew,
        Refusal::OutsideHours,
        Refusal::BeyondRadius,
        Refusal::TooFarAhead,
        Refusal::InThePast,
        Refusal::DurationNotAllowed,
        Refusal::QuotaExhausted,
    ];

    /// The name on the wire, such as `quota-exhausted`.
    pub const fn name(self) -> &'static str {
        match self {
            Refusal::NotInForce => "not-in-force",
            Refusal::Sunset => "sunset",
            Refusal::PurposeNotAllowed => "purpose-not-allowed",
            Refusal::PassNotNeeded => "pass-not-needed",
            Refusal::Curfew => "curfew",
            Refusal::OutsideHours => "outside-hours",
            Refusal::BeyondRadius => "beyond-radius",
            Refusal::TooFarAhead => "too-far-ahead",
            Refusal::InThePast => "in-the-past",
            Refusal::DurationNotAllowed => "duration-not-allowed",
            Refusal::QuotaExhausted => "quota-exhausted",
        }
    }

    /// A sentence for the resident.
    pub const fn sentence(self) -> &'static str {
        match self {
            Refusal::NotInForce => "At that time no pass is needed.",
            Refusal::Sunset => "This service has ended; no passes are issued any more.",
            Refusal::PurposeNotAllowed => "The rules do not allow going out for this purpose.",
            Refusal::PassNotNeeded => "For this purpose no pass is needed.",
            Refusal::Curfew => "At that time there is a curfew.",
            Refusal::OutsideHours => "At that time of the day the rules do not allow this purpose.",
            Refusal::BeyondRadius => "The rules do not allow going that far from home for this purpose.",
            Refusal::TooFarAhead => "It is too early to ask for a pass that starts then.",
            Refusal::InThePast => "A pass cannot start in the past.",
            Refusal::DurationNotAllowed => "A pass for this purpose cannot last that long.",
            Refusal::QuotaExhausted => "You have had all passes for this period.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
