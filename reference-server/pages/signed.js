// Checks signed passes on this phone (docs/schemes.md): a CWT in a COSE_Sign1, in Base45, against the published keys and the lists of
// withdrawn passes. Nothing is sent.

import { fromBase45, fromCbor, signedPart } from "/pages/cbor.js";

const PREFIX = "LG1:";
const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
/** COSE (RFC 9052) and CWT (RFC 8392) labels. */
const TAG_SIGN1 = 18, HEADER_KID = 4, EXP = 4, NBF = 5, IAT = 6, PURPOSE = -65537, STATUS = 65535, STATUS_LIST = 65533;
/** How a key of each kind is read and used by the browser. The key says which: what a message says of itself is not believed. */
const KINDS = {
  EdDSA: { read: { name: "Ed25519" }, use: { name: "Ed25519" } },
  ES256: { read: { name: "ECDSA", namedCurve: "P-256" }, use: { name: "ECDSA", hash: "SHA-256" } },
};

export const isSigned = (code) => code.startsWith(PREFIX);

/**
 * Fetches what a check needs: `{keys, lists, list, fetched_s, central}`, or `null` when there is neither network nor copy. `central` is
 * true when the service publishes no keys: then only the centre can check.
 */
export async function trust() {
  const set = await json("/v1/keys");
  if (!set) return null;
  const keys = new Map();
  for (const key of set.keys.filter(({ alg }) => alg in KINDS)) keys.set(key.kid, await imported(key));
  const trusted = { keys, lists: new Map(), list: null, fetched_s: Date.now() / 1000, central: keys.size === 0 };
  if (!trusted.central) await addLists(trusted);
  return trusted;
}

async function json(path) {
  const response = await fetch(path).catch(() => null);
  return response?.ok ? response.json() : null;
}

async function imported({ kty, crv, x, y, alg }) {
  const kind = KINDS[alg];
  return { use: kind.use, key: await crypto.subtle.importKey("jwk", { kty, crv, x, y }, kind.read, false, ["verify"]) };
}

/** Fetches every list whole: to ask for one alone would tell whose pass is looked at. The oldest says how fresh all are. */
async function addLists(trusted) {
  const links = (await json("/v1/revocations"))?.lists ?? [];
  for (const { list, uri } of links) {
    const response = await fetch(uri).catch(() => null);
    const claims = response?.ok && await opened(new Uint8Array(await response.arrayBuffer()), trusted.keys).catch(() => null);
    if (!claims) continue;
    const bits = await inflated(claims.get(STATUS_LIST).get("lst"));
    trusted.lists.set(list, bits);
    const issued_s = claims.get(IAT);
    if (!trusted.list || issued_s < trusted.list.issued_s) trusted.list = { issued_s };
  }
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The claims of a `COSE_Sign1` that one of `keys` signed; `null` when none did, an error when it is none. */
async function opened(message, keys) {
  const { tag, value } = fromCbor(message);
  if (tag !== TAG_SIGN1 || value.length !== 4 || value[1].size !== 0) throw new Error("no COSE_Sign1");
  const [protectedBytes, , payload, signature] = value;
  const trusted = keys.get(hex(fromCbor(protectedBytes).get(HEADER_KID)));
  const genuine = trusted && await crypto.subtle.verify(trusted.use, trusted.key, signature, signedPart(protectedBytes, payload));
  return genuine ? fromCbor(payload) : null;
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What `code` is worth at `now_s`: `{verdict, reason, purpose, until_s, how}`. */
export async function check(code, { keys, lists }, now_s) {
  const invalid = (reason) => ({ verdict: "invalid", reason, how: "offline" });
  let claims;
  try {
    claims = await opened(fromBase45(code.slice(PREFIX.length)), keys);
  } catch {
    return invalid("malformed");
  }
  if (!claims) return invalid("forged");
  if (now_s < claims.get(NBF)) return invalid("not_yet");
  if (now_s >= claims.get(EXP)) return invalid("expired");
  if (revoked(claims.get(STATUS), lists)) return invalid("revoked");
  return { verdict: "valid", purpose: PURPOSES[claims.get(PURPOSE)], until_s: claims.get(EXP), how: "offline" };
}
