import { isSpace } from './row-parser';

const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;

/** Bytes that a mark has at most. */
export const MARK_BYTES = 256;

/** How an element of a JSON array begins, after its first one: on a separate line, or with the same first key. */
export class ElementMark {
  private constructor(
    /** The line end and the blanks before the element. */
    private readonly indent: Buffer | null,
    /** The first key, in its quotation marks. */
    private readonly key: Buffer | null,
  ) {}

  /** @param before the text before the first element, up to the last line end. @param element its first bytes. Both in latin1 */
  static of(before: string, element: string): ElementMark {
    const newline = before.lastIndexOf('\n');
    if (newline !== -1) return new ElementMark(Buffer.from(`${before.slice(newline)}{`, 'latin1'), null);
    const key = /^\{\s*("(?:[^"\\]|\\.)*")/s.exec(element)?.[1];
    return new ElementMark(null, key === undefined ? null : Buffer.from(key, 'latin1'));
  }

  /** Where an element begins whose mark lies in `bytes` at or after `from`, or −1. Passes each byte once. */
  find(bytes: Buffer, from: number): number {
    if (this.indent) {
      const at = bytes.indexOf(this.indent, from);
      return at === -1 ? -1 : at + this.indent.length - 1;
    }
    if (!this.key) return -1;
    for (let at = bytes.indexOf(COMMA, from); at !== -1; at = bytes.indexOf(COMMA, at + 1)) {
      const brace = afterSpace(bytes, at + 1);
      if (bytes[brace] === OPEN && this.hasKey(bytes, brace + 1, at + MARK_BYTES)) return brace;
    }
    return -1;
  }

  private hasKey(bytes: Buffer, from: number, end: number): boolean {
    const { key } = this;
    const start = afterSpace(bytes, from);
    if (!key || !bytes.subarray(start, start + key.length).equals(key)) return false;
    const colon = afterSpace(bytes, start + key.length);
    return bytes[colon] === COLON && colon < end;
  }
}

function afterSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && isSpace(bytes[at])) at++;
  return at;
}
