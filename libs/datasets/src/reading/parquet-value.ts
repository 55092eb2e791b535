import type { BombGuard } from './bomb-guard';
import type { RawRow } from './row';

/** Marks a text that is not valid UTF-8. */
export const INVALID_TEXT = Symbol('invalid text');

const SHOWN_CHARACTERS = 200;

/** Converts the Parquet types of a row to those of JSON: numbers, times as text, no bytes. Its texts count as unpacked. */
export function jsonValue(
  row: Record<string, unknown>,
  line: number,
  maxCharacters: number,
  guard: BombGuard,
): RawRow {
  let characters = 0;
  let invalid = false;
  function plain(value: unknown): unknown {
    if (typeof value === 'string') {
      characters += value.length;
      return value;
    }
    if (value === INVALID_TEXT) {
      invalid = true;
      return null;
    }
    if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (typeof value !== 'object' || value === null) return value ?? null;
    if (Array.isArray(value)) return value.map(plain);
    if (ArrayBuffer.isView(value)) return null;
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
  }
  const value = plain(row);
  guard.out(characters);
  const text = () => JSON.stringify(value, short).slice(0, SHOWN_CHARACTERS);
  if (invalid) return { line, reason: 'invalidUtf8', text: text() };
  if (characters > maxCharacters) return { line, reason: 'rowTooLong', text: text() };
  return { line, value };
}

function short(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.slice(0, SHOWN_CHARACTERS) : value;
}
