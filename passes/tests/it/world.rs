//! A server, a phone and a checkpoint for each scheme, as the laws need them.

use std::sync::LazyLock;

use passes::wire::IssuedPass;
use passes::{
    Algorithm, DocumentDigest, Grant, Key, KeyPlan, NameKey, PassId, PassName, Permit, Purpose, Scheme, SchemeKind,
    SchemeSettings, Verifier, Window, Zone,
};
use proptest::prelude::*;

/// Noon of 15 April 2020 in a region three hours ahead of UTC.
pub(crate) const NOW_S: i64 = 1_586_941_200;
const DAY_S: i64 = 86_400;
const UTC_OFFSET_S: i64 = 3 * 3_600;

/// A way of making passes, set up.
pub(crate) struct World {
    pub(crate) kind: SchemeKind,
    pub(crate) scheme: Scheme,
    /// What the server publishes.
    pub(crate) keys: Vec<Key>,
    /// What a checkpoint makes of it.
    pub(crate) checkpoint: Box<dyn Verifier>,
}

impl World {
    pub(crate) fn new(kind: SchemeKind, algorithm: Algorithm, seed: [u8; 32]) -> Self {
        let keys = KeyPlan { algorithm, period_s: 7 * DAY_S, advance_s: DAY_S, longest_pass_s: 60 * DAY_S };
        let settings = SchemeSettings { keys, utc_offset_s: UTC_OFFSET_S };
        let scheme = kind.build(&seed, NameKey::new(seed), &settings);
        scheme.issuer.prepare(NOW_S);
        let keys = scheme.issuer.keys(NOW_S);
        let checkpoint = kind.verifier(&keys).unwrap();
        World { kind, scheme, keys, checkpoint }
    }

    pub(crate) fn name(&self) -> String {
        let algorithm = self.keys.first().map_or("", |key| match key.public {
            passes::PublicKey::Ed25519(_) => "/ed25519",
            passes::PublicKey::Es256(_) => "/es256",
            passes::PublicKey::BlindRsa { .. } => "/rsa",
        });
        format!("{}{algorithm}", self.kind.name())
    }

    /// All that a phone does, and what it was answered: the secret of a phone is `secret`.
    pub(crate) fn issue(&self, permit: &Permit, secret: [u8; 32]) -> (String, IssuedPass) {
        let Grant { purpose, window, .. } = permit.grant;
        let asking = self.kind.ask(&self.keys, purpose, window.from_s, secret).unwrap();
        let blinded = self.scheme.issuer.accept(asking.blinded().as_deref(), purpose, window).unwrap();
        let answer = IssuedPass::new(&permit.grant, self.scheme.issuer.show(permit, blinded.as_ref()).unwrap());
        (asking.code(&answer).unwrap(), answer)
    }

    /// The code that a phone shows.
    pub(crate) fn code(&self, permit: &Permit) -> String {
        self.issue(permit, [7; 32]).0
    }

    /// When the code of a permit holds: under `blind` all day.
    pub(crate) fn window(&self, permit: &Permit) -> Window {
        match self.kind {
            SchemeKind::Lookup | SchemeKind::Signed => permit.grant.window,
            SchemeKind::Blind => {
                let from_s = (permit.grant.window.from_s + UTC_OFFSET_S).div_euclid(DAY_S) * DAY_S - UTC_OFFSET_S;
                Window { from_s, until_s: from_s + DAY_S }
            }
        }
    }
}

fn all(seed: u8) -> Vec<World> {
    let world = |kind, algorithm| World::new(kind, algorithm, [seed; 32]);
    let es256 = world(SchemeKind::Signed, Algorithm::Es256);
    SchemeKind::ALL.into_iter().map(|kind| world(kind, Algorithm::Ed25519)).chain([es256]).collect()
}

/// Every scheme, and every way to sign.
pub(crate) static WORLDS: LazyLock<Vec<World>> = LazyLock::new(|| all(42));
/// The same of another authority.
pub(crate) static OTHERS: LazyLock<Vec<World>> = LazyLock::new(|| all(43));

/// What may be permitted today and tomorrow.
pub(crate) fn permits() -> impl Strategy<Value = Permit> {
    let name = (any::<u32>(), any::<[u8; 12]>());
    let window = (NOW_S..NOW_S + DAY_S, 1..59 * DAY_S);
    let of = (0..Purpose::ALL.len(), 0..Zone::ALL.len(), "[0-9]{10}");
    (name, window, of).prop_map(|((serial, random), (from_s, length_s), (purpose, zone, document))| Permit {
        grant: Grant {
            pass: NameKey::new([42; 32]).seal(PassName { serial, random }),
            purpose: Purpose::ALL[purpose],
            window: Window { from_s, until_s: from_s + length_s },
        },
        zone: Zone::ALL[zone],
        document: DocumentDigest::of(&document),
    })
}

/// One of them.
pub(crate) fn a_permit() -> Permit {
    let window = Window { from_s: NOW_S, until_s: NOW_S + 3 * 3_600 };
    let grant = Grant { pass: PassId::from_bytes([3; 16]), purpose: Purpose::Rubbish, window };
    Permit { grant, zone: Zone::Nearby, document: DocumentDigest::of("22 04 123456") }
}
