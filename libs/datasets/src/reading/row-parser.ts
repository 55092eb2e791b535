import { isUtf8 } from 'node:buffer';
import type { BrokenRow, RawRow } from './row';

/** Makes rows of a file's bytes, chunk by chunk, and holds no more than one row. */
export interface RowParser {
  push(chunk: Buffer): Iterable<RawRow>;
  /** The rows in what is left. */
  end(): Iterable<RawRow>;
}

/** Kept of a row that cannot be read. */
export const SHOWN_BYTES = 400;

/** The row that is written in `bytes` as JSON. */
export function jsonRow(bytes: Buffer, line: number): RawRow {
  if (!isUtf8(bytes)) return broken('invalidUtf8', bytes, line);
  try {
    return { line, value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return broken('brokenJson', bytes, line);
  }
}

export function broken(reason: BrokenRow['reason'], bytes: Buffer, line: number): BrokenRow {
  return { line, reason, text: bytes.toString('utf8', 0, Math.min(bytes.length, SHOWN_BYTES)).trim() };
}

/** JSON's white space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isBlank(bytes: Buffer): boolean {
  return bytes.every(isSpace);
}
