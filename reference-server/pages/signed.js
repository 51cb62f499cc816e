// Checks signed passes on this phone (docs/schemes.md): a CWT in a COSE_Sign1, in Base45, against the published keys and the lists of
// withdrawn passes. Nothing is sent.

import { fromBase32, fromBase45, fromCbor, hex, signedPart } from "/pages/forms.js";

const PREFIX = "LG1:";
const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
const ZONES = ["anywhere", "nearby", "town"];
/** COSE (RFC 9052) and CWT (RFC 8392) labels. */
const TAG_SIGN1 = 18, HEADER_KID = 4, HEADER_TYPE = 16, EXP = 4, NBF = 5, IAT = 6, LOCKGATE = -65537, STATUS_LIST = 65533;
const LIST_TYPE = "application/statuslist+cwt";
/** How a key of each kind is read and used by the browser. The key says which: what a message says of itself is not believed. */
const KINDS = {
  EdDSA: { read: { name: "Ed25519" }, use: { name: "Ed25519" } },
  ES256: { read: { name: "ECDSA", namedCurve: "P-256" }, use: { name: "ECDSA", hash: "SHA-256" } },
};

export const isSigned = (code) => code.startsWith(PREFIX);

/**
 * Fetches what a check needs: `{keys, lists, list, noneWithdrawn, fetched_s, central}`, or `null` when there is neither network nor copy.
 * `central` is true when the service publishes no keys: then only the centre can check.
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

async function imported({ kty, crv, x, y, alg, valid_until_s }) {
  const kind = KINDS[alg];
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, kind.read, false, ["verify"]);
  return { use: kind.use, key, until_s: valid_until_s };
}

/** Fetches every list whole: to ask for one alone would tell whose pass is looked at. The oldest says how fresh all are. */
async function addLists(trusted) {
  const index = await json("/v1/revocations");
  trusted.noneWithdrawn = index?.lists.length === 0;
  for (const { list, uri } of index?.lists ?? []) {
    const response = await fetch(uri).catch(() => null);
    const bytes = response?.ok && new Uint8Array(await response.arrayBuffer());
    const token = bytes && await opened(bytes, trusted.keys, LIST_TYPE).catch(() => null);
    if (!token) continue;
    trusted.lists.set(list, await inflated(token.claims.get(STATUS_LIST).get("lst")));
    const issued_s = token.claims.get(IAT);
    if (!trusted.list || issued_s < trusted.list.issued_s) trusted.list = { issued_s };
  }
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** `{claims, key}` of a `COSE_Sign1` of this type that one of `keys` signed; `null` when none did, an error when it is none. */
async function opened(message, keys, type) {
  const { tag, value } = fromCbor(message);
  if (tag !== TAG_SIGN1 || value.length !== 4 || value[1].size !== 0) throw new Error("no COSE_Sign1");
  const [header, , payload, signature] = value;
  const said = fromCbor(header);
  const key = said.get(HEADER_TYPE) === type ? keys.get(hex(said.get(HEADER_KID))) : undefined;
  const genuine = key && await crypto.subtle.verify(key.use, key.key, signature, signedPart(header, payload));
  return genuine ? { claims: fromCbor(payload), key } : null;
}

/** What `code` is worth at `now_s`: `{verdict, reason, purpose, until_s, how, commitment}`. */
export async function check(code, { keys, lists }, now_s) {
  const invalid = (reason) => ({ verdict: "invalid", reason, how: "offline" });
  let pass;
  try {
    pass = await opened(fromBase45(code.slice(PREFIX.length)), keys);
  } catch {
    return invalid("malformed");
  }
  // A key that was stolen when its time was over makes no new passes.
  if (!pass || pass.claims.get(EXP) > pass.key.until_s) return invalid("forged");
  const [purpose, zone, commitment, list, index] = pass.claims.get(LOCKGATE);
  const until_s = pass.claims.get(EXP);
  if (now_s < pass.claims.get(NBF)) return invalid("not_yet");
  if (now_s >= until_s) return invalid("expired");
  if (((lists.get(list)?.[index >> 3] ?? 0) >> (index & 7)) & 1) return invalid("revoked");
  return { verdict: "valid", purpose: PURPOSES[purpose], zone: ZONES[zone], until_s, how: "offline", commitment };
}

/** Whether `commitment` is that of the document with this `number`, which whoever has the `salt` can tell. */
export async function belongsTo(commitment, number, salt) {
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(parts.flatMap((part) => [...part]))));
  const text = new TextEncoder().encode(`lockgate document\0${number.replaceAll(/\s/g, "").toUpperCase()}`);
  const digest = (await sha256(text)).slice(0, 16);
  return hex((await sha256(fromBase32(salt), digest)).slice(0, 16)) === hex(commitment);
}
