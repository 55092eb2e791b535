import { isUtf8 } from 'node:buffer';
import { parseJson } from './parse-json';
import type { BrokenRow, RawRow } from './row';

/** Parses rows from the bytes of a file, chunk by chunk. Holds one row at most. */
export interface RowParser {
  push(chunk: Buffer): Iterable<RawRow>;
  /** The rows in the rest of the bytes. */
  end(): Iterable<RawRow>;
}

/** Bytes kept of a row that cannot be read. */
export const SHOWN_BYTES = 400;

/** Parses a row from JSON. */
export function jsonRow(bytes: Buffer, line: number): RawRow {
  if (!isUtf8(bytes)) return broken('invalidUtf8', bytes, line);
  try {
    return { line, value: parseJson(bytes.toString('utf8')) };
  } catch {
    return broken('brokenJson', bytes, line);
  }
}

export function broken(reason: BrokenRow['reason'], bytes: Buffer, line: number): BrokenRow {
  return { line, reason, text: bytes.toString('utf8', 0, Math.min(bytes.length, SHOWN_BYTES)).trim() };
}

/** Whether the byte is white space in JSON. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}
