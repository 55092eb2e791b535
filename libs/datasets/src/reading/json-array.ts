import { BROKEN, JsonScanner, MORE_NEEDED } from './json-scanner';
import type { RawRow } from './row';
import { broken, isBlank, isSpace, jsonRow, type RowParser, SHOWN_BYTES } from './row-parser';

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
/** Bytes at the end of a chunk that the mark of a new element may span. */
const MARK_BYTES = 256;

/**
 * Parses each element of a JSON array by itself, so that a broken element costs no other. After a broken element, parsing continues where
 * an element begins like the first one did: on a separate line, or with the same first key.
 */
export class JsonArrayParser implements RowParser {
  /** Whether the end of the array was reached; `rest` follows it. */
  done = false;
  rest: Buffer = Buffer.alloc(0);
  private state: 'before' | 'between' | 'inside' | 'lost' = 'before';
  private readonly scanner = new JsonScanner();
  private held: Buffer = Buffer.alloc(0);
  /** Places in `held`: the beginning of the element, and the end of the bytes that were scanned. */
  private at = 0;
  private seen = 0;
  /** The beginning of the first element, and the text before it. */
  private mark: RegExp | null = null;
  /** The text before the first element on its line. */
  private indent = '';

  constructor(
    private readonly maxRowBytes: number,
    private line = 1,
  ) {}

  *push(chunk: Buffer): Generator<RawRow> {
    if (this.done) {
      this.rest = Buffer.concat([this.rest, chunk]).subarray(0, SHOWN_BYTES);
      return;
    }
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    yield* this.read(false);
    if (!this.done) this.forget(this.at);
  }

  *end(): Generator<RawRow> {
    yield* this.read(true);
    if (!isBlank(this.rest)) yield broken('brokenJson', this.rest, this.line);
  }

  private *read(ended: boolean): Generator<RawRow> {
    while (!this.done) {
      if (this.state === 'before' && !this.open()) return;
      if (this.state === 'lost' && !this.findMark(ended)) return;
      if (this.state === 'between' && !this.beginElement()) return;
      if (this.state !== 'inside') continue;
      const end = this.scanner.scan(this.held, this.seen);
      if (end - this.at > this.maxRowBytes) {
        yield broken('rowTooLong', this.held.subarray(this.at, end), this.line);
        this.moveTo(end, 'between');
      } else if (end >= 0) {
        const row = jsonRow(this.held.subarray(this.at, end), this.line);
        yield row;
        if ('value' in row) this.moveTo(end, 'between');
        else this.lose();
      } else if (end === BROKEN || (end === MORE_NEEDED && (ended || this.tooLong()))) {
        const reason = end === MORE_NEEDED && !ended ? 'rowTooLong' : 'brokenJson';
        yield broken(reason, this.held.subarray(this.at), this.line);
        this.lose();
      } else {
        this.seen = this.held.length;
        return;
      }
    }
  }

  private tooLong(): boolean {
    return this.held.length - this.at > this.maxRowBytes;
  }

  /** Continues after a broken element, at a line or a first key like the first element's. */
  private lose(): void {
    this.moveTo(Math.min(this.at + 1, this.held.length), 'lost');
  }

  private open(): boolean {
    const open = this.held.indexOf(OPEN);
    if (open === -1) return false;
    this.moveTo(open + 1, 'between');
    return true;
  }

  /** Skips to the next element. */
  private beginElement(): boolean {
    let at = this.at;
    while (at < this.held.length && (isSpace(this.held[at]) || this.held[at] === COMMA)) at++;
    if (this.mark === null) {
      const newline = this.held.lastIndexOf(NEWLINE, at - 1);
      if (newline >= this.at) this.indent = this.held.toString('latin1', newline, at).slice(0, MARK_BYTES);
      else this.indent = (this.indent + this.held.toString('latin1', this.at, at)).slice(-MARK_BYTES);
    }
    this.moveTo(at, 'between');
    if (at === this.held.length) return false;
    if (this.held[at] === CLOSE) {
      this.done = true;
      this.rest = this.held.subarray(at + 1);
      return false;
    }
    this.mark ??= this.markOf(at);
    this.moveTo(at, 'inside');
    this.scanner.reset();
    return true;
  }

  private markOf(at: number): RegExp {
    if (this.indent.includes('\n'))
      return new RegExp(`\\n${this.indent.slice(this.indent.lastIndexOf('\n') + 1)}(?=\\{)`, 'g');
    const key = /^\{\s*"((?:[^"\\]|\\.)*)"/.exec(this.held.toString('latin1', at, at + MARK_BYTES));
    const first = key ? key[1].replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '';
    return new RegExp(`,\\s*(?=\\{\\s*"${first}"\\s*:)`, 'g');
  }

  private findMark(ended: boolean): boolean {
    const mark = this.mark as RegExp;
    for (let from = this.at; from < this.held.length; ) {
      // In windows, so that no string as long as the longest row is created.
      const text = this.held.toString('latin1', from, from + 65536);
      mark.lastIndex = 0;
      const found = mark.exec(text);
      if (found) {
        this.moveTo(from + found.index + found[0].length, 'between');
        return true;
      }
      if (from + 65536 >= this.held.length) break;
      from += 65536 - MARK_BYTES;
    }
    if (ended) this.done = true;
    else this.moveTo(Math.max(this.at, this.held.length - MARK_BYTES), 'lost');
    return false;
  }

  private moveTo(at: number, state: typeof this.state): void {
    const passed = this.held.subarray(this.at, at);
    for (
      let newline = passed.indexOf(NEWLINE);
      newline !== -1;
      newline = passed.indexOf(NEWLINE, newline + 1)
    ) {
      this.line++;
    }
    this.at = at;
    this.seen = at;
    this.state = state;
  }

  private forget(before: number): void {
    // A copy: a small rest must not keep the whole chunk in memory.
    this.held = Buffer.from(this.held.subarray(before));
    this.at -= before;
    this.seen -= before;
  }
}
