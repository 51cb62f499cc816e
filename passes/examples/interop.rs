//! Passes of every kind with the keys to verify them, as JSON: what the verifiers in `passes/interop/` are given.

use passes::wire::{IssuedPass, KeySet};
use passes::{
    Algorithm, DocumentDigest, Grant, Key, KeyPlan, NameKey, PassName, Permit, Purpose, SchemeKind, SchemeSettings,
    StatusList, StatusToken, Window, Zone,
};
use serde_json::{Value, json};

/// Noon of 15 April 2020, UTC.
const NOW_S: i64 = 1_586_952_000;
const DOCUMENT: &str = "22 04 123456";

#[expect(clippy::print_stdout, reason = "an example prints what it has to show")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut ways = Vec::new();
    for (kind, algorithm) in [
        (SchemeKind::Signed, Algorithm::Ed25519),
        (SchemeKind::Signed, Algorithm::Es256),
        (SchemeKind::Blind, Algorithm::Ed25519),
    ] {
        ways.push(way(kind, algorithm)?);
    }
    println!("{}", json!({ "now_s": NOW_S, "document": DOCUMENT, "ways": ways }));
    Ok(())
}

/// A pass, the published keys, and the status list on which it is revoked where there is one.
fn way(kind: SchemeKind, algorithm: Algorithm) -> Result<Value, Box<dyn std::error::Error>> {
    let keys = KeyPlan { algorithm, period_s: 604_800, advance_s: 0, longest_pass_s: 10_800 };
    let names = NameKey::new([2; 32]);
    let scheme = kind.build(&[1; 32], names.clone(), &SchemeSettings { keys, utc_offset_s: 0 });
    scheme.issuer.prepare(NOW_S);
    let keys = scheme.issuer.keys(NOW_S);
    let window = Window { from_s: NOW_S, until_s: NOW_S + 10_800 };
    let pass = names.seal(PassName { serial: 123_456, random: [3; 12] });
    let grant = Grant { pass, purpose: Purpose::Pharmacy, window };
    let permit = Permit { grant, zone: Zone::Nearby, document: DocumentDigest::of(DOCUMENT) };

    let asking = kind.ask(&keys, grant.purpose, window.from_s, [4; 32])?;
    let blinded = scheme.issuer.accept(asking.blinded().as_deref(), grant.purpose, window)?;
    let answer = IssuedPass::new(&grant, scheme.issuer.show(&permit, blinded.as_ref())?);
    let place = scheme.centre.status(pass);
    let mut statuses = StatusList::new();
    statuses.revoke(place.index);
    let list = StatusToken { list: place.list, issued_s: NOW_S, expires_s: NOW_S + 60, ttl_s: 30, statuses };
    Ok(json!({
        "scheme": kind.name(),
        "code": asking.code(&answer)?,
        "pass": pass.as_bytes(),
        "purpose": grant.purpose,
        "valid_from_s": answer.valid_from_s,
        "valid_until_s": answer.valid_until_s,
        "salt": answer.salt,
        "keys": KeySet { keys: keys.iter().map(Key::to_wire).collect() },
        "status_list": scheme.issuer.sign_status(&list),
    }))
}
