// Reads the two outer forms of a signed pass: Base45 (RFC 9285) and the few kinds of CBOR (RFC 8949) that passes and lists use.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** The bytes of Base45 text; throws on anything that is no Base45. */
export function fromBase45(text) {
  const bytes = [];
  for (let i = 0; i < text.length; i += 3) {
    const group = [...text.slice(i, i + 3)].map((letter) => ALPHABET.indexOf(letter));
    const value = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const whole = group.length === 3;
    if (group.includes(-1) || group.length < 2 || value > (whole ? 0xffff : 0xff)) throw new Error("no Base45");
    bytes.push(...(whole ? [value >> 8, value & 0xff] : [value]));
  }
  return new Uint8Array(bytes);
}

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
  const value = () => {
    const first = view.getUint8(take(1));
    const count = argument(first & 31);
    switch (first >> 5) {
      case 0: return count;
      case 1: return -1 - count;
      case 2: { const start = take(count); return bytes.slice(start, start + count); }
      case 3: { const start = take(count); return new TextDecoder().decode(bytes.slice(start, start + count)); }
      case 4: return Array.from({ length: count }, value);
      case 5: { const map = new Map(); for (let i = 0; i < count; i += 1) { const key = value(); map.set(key, value()); } return map; }
      case 6: return { tag: count, value: value() };
      default: throw new Error("CBOR of a kind that passes do not have");
    }
  };
  const read = value();
  if (at !== bytes.length) throw new Error("CBOR with something after it");
  return read;
}

/** CBOR of the `Sig_structure` of RFC 9052 section 4.4: what a `COSE_Sign1` signs. */
export function signedPart(protectedBytes, payload) {
  const text = new TextEncoder().encode("Signature1");
  return new Uint8Array([0x84, 0x6a, ...text, ...head(2, protectedBytes.length), ...protectedBytes, 0x40, ...head(2, payload.length), ...payload]);
}

function head(major, count) {
  if (count < 24) return [(major << 5) | count];
  if (count < 256) return [(major << 5) | 24, count];
  if (count < 65536) return [(major << 5) | 25, count >> 8, count & 255];
  return [(major << 5) | 26, count >>> 24, (count >> 16) & 255, (count >> 8) & 255, count & 255];
}
