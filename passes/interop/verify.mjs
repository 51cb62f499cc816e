// Verifies what Lockgate issues, with Node's own cryptography and nothing else: node verify.mjs < fixtures.json
//
// Accepts every pass, status list and unblinded token as it is, and none with a bit altered. The formats are described in docs/schemes.md.

import assert from "node:assert/strict";
import { constants, createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";

const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

class Refused extends Error {}

const refuseUnless = (fine, why) => {
  if (!fine) throw new Refused(why);
};

// The value of one CBOR item (RFC 8949), as far as these formats go: no floats, no indefinite lengths.
function readCbor(bytes) {
  let at = 0;
  const take = (length) => {
    refuseUnless(at + length <= bytes.length, "cut short");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const item = () => {
    const first = take(1)[0];
    const [major, short] = [first >> 5, first & 31];
    refuseUnless(short < 28, "an indefinite length");
    const length = short < 24 ? short : Number(BigInt("0x" + take(1 << (short - 24)).toString("hex")));
    const list = (count) => Array.from({ length: count }, item);
    switch (major) {
      case 0: return length;
      case 1: return -1 - length;
      case 2: return take(length);
      case 3: return take(length).toString("utf8");
      case 4: refuseUnless(length <= bytes.length, "too long"); return list(length);
      case 5: refuseUnless(length <= bytes.length, "too long"); return new Map(Array.from({ length }, () => [item(), item()]));
      case 6: return { tag: length, value: item() };
      default: throw new Refused("a float or simple value");
    }
  };
  const value = item();
  refuseUnless(at === bytes.length, "something behind it");
  return value;
}

// The head of an item in CBOR.
function cborHead(major, length) {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  if (length < 65536) return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  const head = Buffer.alloc(5, (major << 5) | 26);
  head.writeUInt32BE(length, 1);
  return head;
}
const cborBytes = (bytes) => Buffer.concat([cborHead(2, bytes.length), bytes]);

function base45(text) {
  const values = [...text].map((letter) => BASE45.indexOf(letter));
  refuseUnless(!values.includes(-1), "no Base45");
  const bytes = [];
  for (let at = 0; at < values.length; at += 3) {
    const group = values.slice(at, at + 3);
    const number = group.reduceRight((sum, value) => sum * 45 + value, 0);
    refuseUnless(group.length > 1 && number < (group.length === 3 ? 65536 : 256), "no Base45");
    bytes.push(...(group.length === 3 ? [number >> 8, number & 255] : [number]));
  }
  return Buffer.from(bytes);
}

function toBase45(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 2) {
    const pair = at + 1 < bytes.length;
    let number = pair ? bytes[at] * 256 + bytes[at + 1] : bytes[at];
    for (let letter = 0; letter < (pair ? 3 : 2); letter += 1, number = Math.floor(number / 45)) text += BASE45[number % 45];
  }
  return text;
}

// The key alone says how it signs.
function verifySignature(jwk, message, signature) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const ways = {
    EdDSA: () => verify(null, message, key, signature),
    ES256: () => verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature),
    "RSABSSA-SHA384-PSS-Deterministic": () =>
      verify("sha384", message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 }, signature),
  };
  refuseUnless(ways[jwk.alg]?.(), "a wrong signature");
}

function findKey(way, kid) {
  const key = way.keys.keys.find((key) => key.kid === kid?.toString("hex"));
  refuseUnless(key, "an unknown key");
  return key;
}

// The payload of a COSE_Sign1 that one of the keys signed.
function openSign1(way, message, mediaType) {
  const { tag, value } = readCbor(message);
  refuseUnless(tag === 18 && Array.isArray(value) && value.length === 4, "no COSE_Sign1");
  const [header, unprotected, payload, signature] = value;
  refuseUnless([header, payload, signature].every(Buffer.isBuffer) && unprotected instanceof Map, "no COSE_Sign1");
  const labels = readCbor(header);
  refuseUnless(labels instanceof Map && unprotected.size === 0, "another header");
  const key = findKey(way, labels.get(4));
  const right = labels.get(1) === { EdDSA: -8, ES256: -7 }[key.alg] && labels.get(16) === mediaType;
  refuseUnless(right, "another header");
  const context = Buffer.from("\x84\x6aSignature1", "latin1");
  verifySignature(key, Buffer.concat([context, cborBytes(header), Buffer.from([0x40]), cborBytes(payload)]), signature);
  return readCbor(payload);
}

const checkTime = (nowS, fromS, untilS) => refuseUnless(fromS <= nowS && nowS < untilS, "not now");

function fromCode(code, prefix) {
  refuseUnless(code.startsWith(prefix), "another prefix");
  return base45(code.slice(prefix.length));
}

function checkSigned(way, code, nowS) {
  const claims = openSign1(way, fromCode(code, "LG1:"), undefined);
  checkTime(nowS, claims.get(5), claims.get(4));
  const [purpose, zone, commitment, list, index] = claims.get(-65537);
  return { pass: [...claims.get(7)], purpose: PURPOSES[purpose], zone, commitment, list, index };
}

function checkBlind(way, code, nowS) {
  const token = fromCode(code, "LGB:");
  refuseUnless(token.length === 8 + 32 + 256, "another length");
  const key = findKey(way, token.subarray(0, 8));
  verifySignature(key, token.subarray(0, 40), token.subarray(40));
  checkTime(nowS, key.valid_from_s, key.valid_until_s);
  return { purpose: key.purpose };
}

function checkStatusList(way, message, nowS) {
  const claims = openSign1(way, message, "application/statuslist+cwt");
  checkTime(nowS, claims.get(6), claims.get(4));
  assert.equal(claims.get(65533).get("bits"), 1);
  return { address: claims.get(2), bits: inflateSync(claims.get(65533).get("lst")) };
}

function commitmentOf(document, salt) {
  const value = [...salt].reduce((sum, letter) => sum * 32n + BigInt(BASE32.indexOf(letter)), 0n);
  const saltBytes = Buffer.from(value.toString(16).padStart(32, "0"), "hex");
  const number = document.replace(/\s/g, "").toUpperCase();
  const digest = createHash("sha256").update("lockgate document\0").update(number).digest().subarray(0, 16);
  return createHash("sha256").update(saltBytes).update(digest).digest().subarray(0, 16);
}

// The data with one bit altered, at places all along it.
function altered(data, positions = 40) {
  return Array.from({ length: positions }, (_, step) => {
    const changed = Buffer.from(data);
    changed[Math.floor((step * (data.length - 1)) / (positions - 1))] ^= 1 << step % 8;
    return changed;
  });
}

let passed = 0;
function mustRefuse(check, what) {
  // A crash is no refusal.
  assert.throws(check, Refused, what);
  passed += 1;
}

const fixtures = JSON.parse(readFileSync(0, "utf8"));
for (const way of fixtures.ways) {
  const name = `${way.scheme} ${way.keys.keys[0].alg}`;
  const check = { signed: checkSigned, blind: checkBlind }[way.scheme];
  const nowS = fixtures.now_s + 1;
  const found = check(way, way.code, nowS);
  assert.equal(found.purpose, way.purpose, name);
  passed += 1;
  for (const message of altered(base45(way.code.slice(4)))) {
    mustRefuse(() => check(way, way.code.slice(0, 4) + toBase45(message), nowS), name);
  }
  for (const atS of [way.valid_from_s - 1, way.valid_until_s]) mustRefuse(() => check(way, way.code, atS), name);
  if (way.scheme !== "signed") continue;
  assert.deepEqual(found.pass, way.pass, name);
  assert.deepEqual(found.commitment, commitmentOf(fixtures.document, way.salt), name);
  const sent = Buffer.from(way.status_list);
  const { address, bits } = checkStatusList(way, sent, nowS);
  assert.equal(address, `/v1/revocations/${found.list}`, name);
  assert.equal(bits.length, 131072, name);
  assert.ok((bits[found.index >> 3] >> (found.index & 7)) & 1, name);
  passed += 1;
  for (const message of altered(sent)) mustRefuse(() => checkStatusList(way, message, nowS), `${name} status list`);
}
console.log(`Node: ${passed} checks of passes, tokens and status lists: genuine ones taken, altered ones refused`);
