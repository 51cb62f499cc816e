// The phone's half of the scheme `blind` (docs/schemes.md): a token that the server signs without seeing it. Blind RSA signatures,
// RSABSSA-SHA384-PSS-Deterministic (RFC 9474). Nothing here is secret from the phone's owner, so arithmetic need not run in constant time.

import { fromBase64, toBase45, toBase64, toBytes, toNumber } from "/pages/forms.js";

const ALGORITHM = "RSABSSA-SHA384-PSS-Deterministic";
const PREFIX = "LGB:";
const RSA_BYTES = 256, NONCE_BYTES = 32, HASH_BYTES = 48, SALT_BYTES = 48;

/** The key among `keys` for passes for `purpose` that begin at `from_s`; `undefined` when the service has none. */
export const keyFor = (keys, purpose, from_s) =>
  keys.find((key) => key.purpose === purpose && key.valid_from_s <= from_s && from_s < key.valid_until_s);

/** Whether the service signs blindly. */
export const isBlind = (keys) => keys.some(({ alg }) => alg === ALGORITHM);

/** A new token for `key`, blinded: `blinded` is sent, the rest is kept until the answer has come. All of it is text. */
export async function blind(key) {
  const [n, e] = [toNumber(fromBase64(key.n)), toNumber(fromBase64(key.e))];
  const kid = Uint8Array.from(key.kid.match(/../g), (pair) => Number.parseInt(pair, 16));
  const message = new Uint8Array([...kid, ...crypto.getRandomValues(new Uint8Array(NONCE_BYTES))]);
  const encoded = toNumber(await pssEncoded(message));
  // 64 bits more than the modulus, so that no remainder is likelier than another.
  const random = toNumber(crypto.getRandomValues(new Uint8Array(RSA_BYTES + 8))) % n;
  const blinded = toBytes((encoded * power(random, e, n)) % n, RSA_BYTES);
  return { key, message: toBase64(message), inverse: inverse(random, n).toString(16), blinded: toBase64(blinded) };
}

/** The code to show, of the service's `blind_signature` and what `blind` gave; throws when the signature is none. */
export async function unblinded({ key, message, inverse }, blindSignature) {
  const n = toNumber(fromBase64(key.n));
  const signature = toBytes((toNumber(fromBase64(blindSignature)) * BigInt(`0x${inverse}`)) % n, RSA_BYTES);
  const said = fromBase64(message);
  const kind = { name: "RSA-PSS", hash: "SHA-384" };
  const verifier = await crypto.subtle.importKey("jwk", { kty: "RSA", n: key.n, e: key.e }, kind, false, ["verify"]);
  const genuine = await crypto.subtle.verify({ name: "RSA-PSS", saltLength: SALT_BYTES }, verifier, signature, said);
  if (!genuine) throw new Error("the service's signature is none");
  return PREFIX + toBase45(new Uint8Array([...said, ...signature]));
}

/** EMSA-PSS (RFC 8017 section 9.1.1) with SHA-384, for a modulus of 2,048 bits. */
async function pssEncoded(message) {
  const sha384 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-384", new Uint8Array(parts.flatMap((part) => [...part]))));
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const digest = await sha384(new Uint8Array(8), await sha384(message), salt);
  const block = new Uint8Array(RSA_BYTES - HASH_BYTES - 1);
  block.set([1, ...salt], block.length - SALT_BYTES - 1);
  for (let counter = 0, at = 0; at < block.length; counter += 1, at += HASH_BYTES) {
    const mask = await sha384(digest, [0, 0, 0, counter]);
    for (let i = 0; i < HASH_BYTES && at + i < block.length; i += 1) block[at + i] ^= mask[i];
  }
  block[0] &= 0x7f;
  return new Uint8Array([...block, ...digest, 0xbc]);
}

function power(base, exponent, modulus) {
  let result = 1n;
  for (let bits = exponent, square = base; bits > 0n; bits >>= 1n, square = (square * square) % modulus) {
    if (bits & 1n) result = (result * square) % modulus;
  }
  return result;
}

/** The inverse of `number`, by Euclid's algorithm. A number that shares a factor with the modulus would break RSA; it does not happen. */
function inverse(number, modulus) {
  let [rest, next, factor, nextFactor] = [modulus, number, 0n, 1n];
  while (next > 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return ((factor % modulus) + modulus) % modulus;
}
