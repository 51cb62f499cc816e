// Checks signed passes on this phone (docs/schemes.md): a CWT in a COSE_Sign1, in Base45, against the published keys and the lists of
// withdrawn passes. Nothing is sent.

import { fromBase32, fromBase45, fromCbor, hex, signedPart } from "/pages/forms.js";

const PREFIX = "LG1:";
const PURPOSES = ["groceries", "pharmacy", "pet", "rubbish", "doctor", "work", "other"];
const ZONES = ["anywhere", "nearby", "town"];
/** What the address of a list begins with; its number follows. */
const LISTS = "/v1/revocations/";
/** COSE (RFC 9052) and CWT (RFC 8392) labels. */
const TAG_SIGN1 = 18, HEADER_KID = 4, HEADER_TYPE = 16, SUB = 2, EXP = 4, NBF = 5, IAT = 6, LOCKGATE = -65537, STATUS_LIST = 65533;
const LIST_TYPE = "application/statuslist+cwt";
/** How a key of each kind is read and used by the browser. The key says which: what a message says of itself is not believed. */
const KINDS = {
  EdDSA: { read: { name: "Ed25519" }, use: { name: "Ed25519" } },
  ES256: { read: { name: "ECDSA", namedCurve: "P-256" }, use: { name: "ECDSA", hash: "SHA-256" } },
};

export const isSigned = (code) => code.startsWith(PREFIX);

/**
 * Fetches what a check needs: `{keys, named, lists, fetched_s, central}`, or `null` when there is neither network nor copy. `named` are
 * the addresses of all lists of withdrawn passes, `null` when they are not known; `lists` are those that were got, by address. `central`
 * is true when the service publishes no keys: then only the centre can check.
 */
export async function trust() {
  const set = await json("/v1/keys");
  if (!set) return null;
  const keys = new Map();
  for (const key of set.keys.filter(({ alg }) => alg in KINDS)) keys.set(key.kid, await imported(key));
  const trusted = { keys, named: null, lists: new Map(), fetched_s: Date.now() / 1000, central: keys.size === 0 };
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

/** Fetches every list whole: to ask for one alone would tell whose pass is looked at. */
async function addLists(trusted) {
  const index = await json("/v1/revocations");
  trusted.named = index?.lists.map(({ uri }) => uri) ?? null;
  for (const uri of trusted.named ?? []) {
    const list = await listAt(uri, trusted.keys).catch(() => null);
    if (list) trusted.lists.set(uri, list);
  }
}

/** The list at `uri`; `null` or an error when there is none that a key of ours signed for this address. */
async function listAt(uri, keys) {
  const response = await fetch(uri);
  const token = response.ok && await opened(new Uint8Array(await response.arrayBuffer()), keys, LIST_TYPE);
  // Another list in its place, however genuine, would let through what this one withdraws.
  if (!token || token.claims.get(SUB) !== uri) return null;
  const bits = await inflated(token.claims.get(STATUS_LIST).get("lst"));
  return { bits, issued_s: token.claims.get(IAT), expires_s: token.claims.get(EXP) };
}

/** What is known of withdrawn passes: "none" when there are none, "unknown" when a list is missing or too old, or when the oldest was made. */
export function withdrawnKnown({ named, lists }, now_s) {
  if (!named) return "unknown";
  if (named.length === 0) return "none";
  const fresh = named.map((uri) => lists.get(uri)).filter((list) => now_s < list?.expires_s);
  return fresh.length === named.length ? Math.min(...fresh.map(({ issued_s }) => issued_s)) : "unknown";
}

/** How it is known that a pass of the list at `uri` was not withdrawn: by that list, of `list_s`; because it is not named; or not at all. */
function notWithdrawn({ named, lists }, uri, now_s) {
  const list = lists.get(uri);
  if (now_s < list?.expires_s) return { how: "offline", list_s: list.issued_s };
  return { how: named && !named.includes(uri) ? "offline_unlisted" : "offline_no_list" };
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

/** What `code` is worth at `now_s`: `{verdict, reason, purpose, zone, until_s, how, list_s, commitment}`. */
export async function check(code, trusted, now_s) {
  const invalid = (reason) => ({ verdict: "invalid", reason, how: "phone" });
  let pass;
  try {
    pass = await opened(fromBase45(code.slice(PREFIX.length)), trusted.keys);
  } catch {
    return invalid("malformed");
  }
  // A key that was stolen when its time was over makes no new passes.
  if (!pass || pass.claims.get(EXP) > pass.key.until_s) return invalid("forged");
  const [purpose, zone, commitment, list, index] = pass.claims.get(LOCKGATE);
  const until_s = pass.claims.get(EXP);
  if (now_s < pass.claims.get(NBF)) return invalid("not_yet");
  if (now_s >= until_s) return invalid("expired");
  const uri = LISTS + list;
  // Also by a list that is too old: what was withdrawn stays so.
  if (((trusted.lists.get(uri)?.bits[index >> 3] ?? 0) >> (index & 7)) & 1) return invalid("revoked");
  return { verdict: "valid", purpose: PURPOSES[purpose], zone: ZONES[zone], until_s, ...notWithdrawn(trusted, uri, now_s), commitment };
}

/** Whether `commitment` is that of the document with this `number`, which whoever has the `salt` can tell. */
export async function belongsTo(commitment, number, salt) {
  const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(parts.flatMap((part) => [...part]))));
  const text = new TextEncoder().encode(`lockgate document\0${number.replaceAll(/\s/g, "").toUpperCase()}`);
  const digest = (await sha256(text)).slice(0, 16);
  return hex((await sha256(fromBase32(salt), digest)).slice(0, 16)) === hex(commitment);
}
