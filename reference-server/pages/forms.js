// The forms in which passes travel: Base45 (RFC 9285), the few kinds of CBOR (RFC 8949) that passes and lists use, Base64 and Base32.

const BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/** Crockford's Base32. */
const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The bytes of Base45 text; throws on anything that is not exactly how `toBase45` would write them. */
export function fromBase45(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i += 3) {
    const group = [...text.slice(i, i + 3)].map((letter) => BASE45.indexOf(letter));
    const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const whole = group.length === 3;
    if (group.includes(-1) || group.length < 2 || value > (whole ? 0xffff : 0xff)) throw new Error("no Base45");
    bytes.push(...(whole ? [value >> 8, value & 0xff] : [value]));
  }
  return new Uint8Array(bytes);
}

/** Base45 of `bytes`. */
export function toBase45(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const whole = i + 1 < bytes.length;
    const value = whole ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
    text += BASE45[value % 45] + BASE45[Math.floor(value / 45) % 45] + (whole ? BASE45[Math.floor(value / 2025)] : "");
  }
  return text;
}

/** Unpadded base64url of `bytes`, and back. */
export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const fromBase64 = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

/** The 16 bytes of 26 characters of Base32; throws on anything else. */
export function fromBase32(text) {
  const digits = [...text.toUpperCase().replaceAll(/[\s-]/g, "")].map((letter) => BASE32.indexOf(letter));
  if (digits.length !== 26 || digits.includes(-1)) throw new Error("not 26 characters of Base32");
  const value = digits.reduce((sum, digit) => sum * 32n + BigInt(digit), 0n);
  return toBytes(value & ((1n << 128n) - 1n), 16);
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A number as `length` bytes, the largest first, and back. */
export function toBytes(number, length) {
  const digits = number.toString(16).padStart(2 * length, "0");
  return Uint8Array.from({ length }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
export const toNumber = (bytes) => BigInt(`0x${hex(bytes)}`);

/** The one value in `bytes`; a map becomes a `Map`, a tag `{tag, value}`. Throws on anything after it or out of the ordinary. */
export function fromCbor(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count) => {
    if (at + count > bytes.length) throw new Error("CBOR ends early");
    at += count;
    return at - count;
  };
  const argument = (low) => {
    if (low < 24) return low;
    if (low === 24) return view.getUint8(take(1));
    if (low === 25) return view.getUint16(take(2));
    if (low === 26) return view.getUint32(take(4));
    if (low === 27) return Number(view.getBigUint64(take(8)));
    throw new Error("CBOR of a kind that passes do not have");
  };
  const slice = (count) => {
    const start = take(count);
    return bytes.slice(start, start + count);
  };
  const map = (count) => {
    const entries = new Map();
    for (let i = 0; i < count; i += 1) {
      const key = value();
      entries.set(key, value());
    }
    return entries;
  };
  const value = () => {
    const first = view.getUint8(take(1));
    const count = argument(first & 31);
    switch (first >> 5) {
      case 0: return count;
      case 1: return -1 - count;
      case 2: return slice(count);
      case 3: return new TextDecoder().decode(slice(count));
      case 4: return Array.from({ length: count }, value);
      case 5: return map(count);
      case 6: return { tag: count, value: value() };
      default: throw new Error("CBOR of a kind that passes do not have");
    }
  };
  const read = value();
  if (at !== bytes.length) throw new Error("CBOR with something after it");
  return read;
}

/** CBOR of the `Sig_structure` of RFC 9052 section 4.4: what a `COSE_Sign1` signs. */
export function signedPart(header, payload) {
  const label = new TextEncoder().encode("Signature1");
  return new Uint8Array([0x84, 0x6a, ...label, ...head(2, header.length), ...header, 0x40, ...head(2, payload.length), ...payload]);
}

function head(major, count) {
  if (count < 24) return [(major << 5) | count];
  if (count < 256) return [(major << 5) | 24, count];
  if (count < 65536) return [(major << 5) | 25, count >> 8, count & 255];
  return [(major << 5) | 26, count >>> 24, (count >> 16) & 255, (count >> 8) & 255, count & 255];
}
