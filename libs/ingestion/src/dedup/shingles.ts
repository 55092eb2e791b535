/** Looked up once: in a sandbox such as Jest's, each use of a global costs more than the multiplication. */
export const imul = Math.imul;

/**
 * The class of each UTF-16 code unit: separator (0), part of a word (1), or a word by itself (2), such as the characters of scripts that
 * are written without spaces.
 */
const KINDS = new Uint8Array(0x10000);
{
  const word = /[\p{L}\p{N}\p{M}]/u;
  const alone =
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
  for (let unit = 0; unit < KINDS.length; unit++) {
    const text = String.fromCharCode(unit);
    // Half a surrogate pair: rare characters and emoji are words by themselves.
    if (unit >= 0xd800 && unit <= 0xdfff) KINDS[unit] = 2;
    else if (alone.test(text)) KINDS[unit] = 2;
    else if (word.test(text)) KINDS[unit] = 1;
  }
}

const NOT_ASCII = /[\u0080-\uffff]/;

/** Normalizes a text for comparison: compatibility forms, case and white space. */
export function normalizeForComparison(text: string): string {
  const compatible = NOT_ASCII.test(text) ? text.normalize('NFKC') : text;
  return compatible
    .toLowerCase()
    .replace(/\s{2,}|[^\S ]/g, ' ')
    .trim();
}

/** MurmurHash3's finalizer (Appleby, public domain): every input bit reaches every output bit. */
export function mix32(value: number): number {
  let h = value;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A reused buffer: the words of one text are needed only briefly, and allocating long arrays is expensive. */
let scratch = new Uint32Array(2 ** 12);
/** The longest buffer that is kept. */
const SCRATCH_WORDS = 2 ** 18;

/** A 32-bit hash for each word. Punctuation separates words. Valid until the next call. */
function wordHashes(text: string): Uint32Array {
  const hashes = text.length <= scratch.length ? scratch : new Uint32Array(text.length * 2);
  if (hashes.length <= SCRATCH_WORDS) scratch = hashes;
  let count = 0;
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const kind = KINDS[unit];
    if (kind === 1) hash = imul((hash === 0 ? 0x811c9dc5 : hash) ^ unit, 0x01000193);
    else {
      if (hash !== 0) hashes[count++] = mix32(hash);
      hash = 0;
      if (kind === 2) hashes[count++] = mix32(imul(0x811c9dc5 ^ unit, 0x01000193));
    }
  }
  if (hash !== 0) hashes[count++] = mix32(hash);
  return hashes.subarray(0, count);
}

/**
 * A hash for each shingle of a normalized text: `size` consecutive words (a Chinese character is a word), with repetitions. A text with
 * fewer words is one shingle; a text without words has none.
 */
export function shingleHashes(normalized: string, size: number): Uint32Array {
  const words = wordHashes(normalized);
  if (words.length === 0) return new Uint32Array(0);
  const length = Math.min(size, words.length);
  const shingles = new Uint32Array(words.length - length + 1);
  for (let start = 0; start < shingles.length; start++) {
    let hash = length;
    for (let offset = 0; offset < length; offset++)
      hash = imul(hash ^ words[start + offset], 0x9e3779b1) ^ (hash >>> 15);
    shingles[start] = mix32(hash);
  }
  return shingles;
}

/** One 32-bit hash for a text. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix32(hash);
}

/** One hash for all numbers in a normalized text, in their order. */
export function numbersHash(normalized: string): number {
  return textHash(normalized.match(/\d+/g)?.join(' ') ?? '');
}
