import { InvalidKeyError } from './errors';

/** S3's limit for a key, and the limit of common file systems for one part of it, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 255;

/** Reserved for the folder store's own files: no key may start with it. */
export const RESERVED_PART = '.store';

/** Why one part of a key is invalid, or null. */
function partFault(part: string): string | null {
  if (part === '') return 'has an empty part: no "/" at either end, no "//"';
  if (part === '.' || part === '..') return `has the part "${part}": name the object itself`;
  if (Buffer.byteLength(part) > MAX_PART_BYTES) return `has a part of more than ${MAX_PART_BYTES} bytes`;
  return null;
}

/** Why the characters or the length of a key are invalid, or null. */
function textFault(key: string, limit: number): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are rejected.
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'has a control character or a backslash';
  if (/\p{Surrogate}/u.test(key)) return 'is not well-formed Unicode';
  if (Buffer.byteLength(key) > limit) return `is longer than ${limit} bytes`;
  return null;
}

function reject(what: string, key: string, fault: string): never {
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new InvalidKeyError(`${what} ${shown} ${fault}.`);
}

/**
 * Throws InvalidKeyError unless `key` is valid in every store: parts joined by `/`, none of them empty, `.` or `..`, no
 * control characters or backslashes, at most 1024 bytes (minus `reservedBytes` for a store's own prefix).
 */
export function checkKey(key: string, reservedBytes = 0): void {
  const parts = key.split('/');
  const fault =
    textFault(key, MAX_KEY_BYTES - reservedBytes) ?? parts.map(partFault).find((found) => found !== null);
  if (fault) reject('The key', key, fault);
  if (parts[0] === RESERVED_PART)
    reject('The key', key, `lies under "${RESERVED_PART}/", which is reserved for the store`);
}

/** Checks a prefix for `list`: it may be empty, and may end in the middle of a part. */
export function checkPrefix(prefix: string): void {
  const fault =
    textFault(prefix, MAX_KEY_BYTES) ??
    prefix
      .split('/')
      .slice(0, -1)
      .map(partFault)
      .find((found) => found !== null);
  if (fault) reject('The prefix', prefix, fault);
}
