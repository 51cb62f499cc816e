"""Verifies what Lockgate issues, with other people's CBOR, Base45 and cryptography: verify.py < fixtures.json

Accepts every pass, status list and unblinded token as it is, and none with a bit altered. The formats are described in docs/schemes.md.
"""

import base64
import hashlib
import json
import sys
import zlib

import base45
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"]
BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Refused(Exception):
    """What is shown is not genuine, or does not hold."""


def base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(text):
    return int.from_bytes(base64url(text), "big")


def verify_signature(key, message, signature):
    """The key alone says how it signs."""
    try:
        if key["alg"] == "EdDSA":
            ed25519.Ed25519PublicKey.from_public_bytes(base64url(key["x"])).verify(signature, message)
        elif key["alg"] == "ES256":
            public = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1()).public_key()
            halves = [int.from_bytes(half, "big") for half in (signature[:32], signature[32:])]
            public.verify(utils.encode_dss_signature(*halves), message, ec.ECDSA(SHA256()))
        elif key["alg"] == "RSABSSA-SHA384-PSS-Deterministic":
            public = rsa.RSAPublicNumbers(number(key["e"]), number(key["n"])).public_key()
            public.verify(signature, message, padding.PSS(padding.MGF1(SHA384()), 48), SHA384())
        else:
            raise Refused("an unknown algorithm")
    except (InvalidSignature, ValueError) as cause:
        raise Refused("a wrong signature") from cause


def find_key(keys, kid):
    for key in keys:
        if key["kid"] == kid.hex():
            return key
    raise Refused("an unknown key")


def open_sign1(message, keys, media_type):
    """The payload of a COSE_Sign1 that one of the keys signed."""
    try:
        sign1 = cbor2.loads(message)
        protected, unprotected, payload, signature = sign1.value
        header = cbor2.loads(protected)
    except Exception as cause:
        raise Refused("no COSE_Sign1") from cause
    key = find_key(keys, header.get(4, b""))
    algorithms = {"EdDSA": -8, "ES256": -7}
    if sign1.tag != 18 or header.get(1) != algorithms[key["alg"]] or header.get(16) != media_type or unprotected:
        raise Refused("another header")
    verify_signature(key, cbor2.dumps(["Signature1", protected, b"", payload]), signature)
    return cbor2.loads(payload)


def check_time(now_s, from_s, until_s):
    if not from_s <= now_s < until_s:
        raise Refused("not now")


def check_signed(way, code, now_s):
    claims = open_sign1(from_base45(code, "LG1:"), way["keys"]["keys"], None)
    check_time(now_s, claims[5], claims[4])
    purpose, zone, commitment, list_number, index = claims[-65537]
    return {"pass": list(claims[7]), "purpose": PURPOSES[purpose], "zone": zone, "commitment": commitment,
            "list": list_number, "index": index}


def check_blind(way, code, now_s):
    token = from_base45(code, "LGB:")
    if len(token) != 8 + 32 + 256:
        raise Refused("another length")
    key = find_key(way["keys"]["keys"], token[:8])
    verify_signature(key, token[:40], token[40:])
    check_time(now_s, key["valid_from_s"], key["valid_until_s"])
    return {"purpose": key["purpose"]}


def from_base45(code, prefix):
    try:
        if not code.startswith(prefix):
            raise Refused("another prefix")
        return base45.b45decode(code[len(prefix):])
    except ValueError as cause:
        raise Refused("no Base45") from cause


def check_status_list(way, message, now_s):
    claims = open_sign1(message, way["keys"]["keys"], "application/statuslist+cwt")
    check_time(now_s, claims[6], claims[4])
    if claims[65533]["bits"] != 1:
        raise Refused("more than a bit a pass")
    return claims[2], zlib.decompress(claims[65533]["lst"])


def salt_bytes(text):
    value = 0
    for letter in text:
        value = value * 32 + BASE32.index(letter)
    return value.to_bytes(16, "big")


def commitment_of(document, salt):
    digest = hashlib.sha256(b"lockgate document\0" + "".join(document.split()).upper().encode()).digest()[:16]
    return hashlib.sha256(salt + digest).digest()[:16]


def altered(data, positions=40):
    """The data with one bit altered, at places all along it."""
    for step in range(positions):
        place = step * (len(data) - 1) // (positions - 1)
        changed = bytearray(data)
        changed[place] ^= 1 << (step % 8)
        yield bytes(changed)


def must_refuse(check, what):
    try:
        check()
    except Refused:
        return 1
    except Exception as cause:  # a crash is no refusal
        raise SystemExit(f"{what}: fell over an altered one: {cause!r}")
    raise SystemExit(f"{what}: took an altered one")


def main():
    fixtures = json.load(sys.stdin)
    now_s, passed = fixtures["now_s"], 0
    for way in fixtures["ways"]:
        name = way["scheme"] + " " + way["keys"]["keys"][0]["alg"]
        check = {"signed": check_signed, "blind": check_blind}[way["scheme"]]
        found = check(way, way["code"], now_s + 1)
        assert found["purpose"] == way["purpose"], name
        passed += 1
        prefix = way["code"][:4]
        for message in altered(base45.b45decode(way["code"][4:])):
            code = prefix + base45.b45encode(message).decode()
            passed += must_refuse(lambda: check(way, code, now_s + 1), name)
        for at_s in (way["valid_from_s"] - 1, way["valid_until_s"]):
            passed += must_refuse(lambda: check(way, way["code"], at_s), name)
        if way["scheme"] == "signed":
            assert found["pass"] == way["pass"], name
            assert found["commitment"] == commitment_of(fixtures["document"], salt_bytes(way["salt"])), name
            message = bytes(way["status_list"])
            address, bits = check_status_list(way, message, now_s + 1)
            assert address == f"/v1/revocations/{found['list']}" and len(bits) == 131072, name
            assert sum(byte.bit_count() for byte in bits) == 1 and bits[found["index"] // 8] >> (found["index"] % 8) & 1, name
            passed += 1
            for message in altered(message):
                passed += must_refuse(lambda: check_status_list(way, message, now_s + 1), name + " status list")
    print(f"Python: {passed} checks of passes, tokens and status lists: genuine ones taken, altered ones refused")


main()
