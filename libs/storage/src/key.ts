import { InvalidKeyError } from './errors';

/** S3's limit for a whole key, and the limit of common file systems for one part of it, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
const MAX_PART_BYTES = 255;

/** The folder store's own corner: no key may lie in it. */
export const RESERVED_PART = '.store';

/** What is wrong with one part of a key, or null. */
function partFault(part: string): string | null {
  if (part === '') return 'has an empty part: no "/" at either end, no "//"';
  if (part === '.' || part === '..') return `has the part "${part}": name the object itself`;
  if (Buffer.byteLength(part) > MAX_PART_BYTES) return `has a part of more than ${MAX_PART_BYTES} bytes`;
  return null;
}

/** What is wrong with a key's characters or length, or null. */
function textFault(key: string, limit: number): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'has a control character or a backslash';
  if (/\p{Surrogate}/u.test(key)) return 'is not well-formed Unicode';
  if (Buffer.byteLength(key) > limit) return `is longer than ${limit} bytes`;
  return null;
}

function refuse(what: string, key: string, fault: string): never {
  const shown = JSON.stringify(key.length > 80 ? `${key.slice(0, 80)}…` : key);
  throw new InvalidKeyError(`${what} ${shown} ${fault}.`);
}

/**
 * Throws InvalidKeyError unless every store takes `key`: parts joined by `/`, none empty, `.` or `..`, no control
 * characters or backslashes, at most 1024 bytes in all (less `reservedBytes` for a store's own prefix).
 */
export function checkKey(key: string, reservedBytes = 0): void {
  const parts = key.split('/');
  const fault =
    textFault(key, MAX_KEY_BYTES - reservedBytes) ?? parts.map(partFault).find((found) => found !== null);
  if (fault) refuse('The key', key, fault);
  if (parts[0] === RESERVED_PART)
    refuse('The key', key, `lies under "${RESERVED_PART}/", which is the store's own`);
}

/** The same for a prefix to list: it may be empty and may end anywhere, in the middle of a part too. */
export function checkPrefix(prefix: string): void {
  const fault =
    textFault(prefix, MAX_KEY_BYTES) ??
    prefix
      .split('/')
      .slice(0, -1)
      .map(partFault)
      .find((found) => found !== null);
  if (fault) refuse('The prefix', prefix, fault);
}
