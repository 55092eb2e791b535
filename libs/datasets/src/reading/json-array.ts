import { ElementMark, MARK_BYTES } from './element-mark';
import { HeldBytes } from './held-bytes';
import { BROKEN, JsonScanner, MORE_NEEDED } from './json-scanner';
import type { RawRow } from './row';
import { broken, isBlank, isSpace, jsonRow, type RowParser, SHOWN_BYTES } from './row-parser';

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/**
 * Parses each element of a JSON array by itself, so that a broken element costs no other. After a broken element, parsing continues where
 * an element begins like the first one did: on a separate line, or with the same first key.
 *
 * No byte is scanned more than twice. Among bytes that a broken element has passed, an element ends where the next one begins.
 */
export class JsonArrayParser implements RowParser {
  /** Whether the end of the array was reached; `rest` follows it. */
  done = false;
  rest: Buffer = Buffer.alloc(0);
  private state: 'before' | 'between' | 'inside' | 'lost' = 'before';
  private readonly scanner = new JsonScanner();
  private readonly held = new HeldBytes();
  /** Places in `held`: the beginning of the element, and the end of its bytes that were scanned. */
  private at = 0;
  private seen = 0;
  /** The end of the bytes that any element has passed, and where the element ends at the latest. */
  private passed = 0;
  private limit = -1;
  /** Known when the first element has ended. */
  private mark: ElementMark | null = null;
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
    this.held.append(chunk);
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
      const { bytes } = this.held;
      const limited = this.limit !== -1;
      const end = this.scanner.scan(limited ? bytes.subarray(0, this.limit) : bytes, this.seen);
      if (end === MORE_NEEDED && !limited && !ended && !this.tooLong()) {
        this.seen = bytes.length;
        return;
      }
      this.markFirst();
      const last = end === BROKEN ? this.scanner.brokenAt : limited ? this.limit : bytes.length;
      this.passed = Math.max(this.passed, end >= 0 ? end : last);
      yield* this.finish(end, end === MORE_NEEDED && !limited && !ended);
    }
  }

  /** The row of the element, which ends at `end`, or is broken. */
  private *finish(end: number, tooLong: boolean): Generator<RawRow> {
    const { bytes } = this.held;
    if (end - this.at > this.maxRowBytes) {
      yield broken('rowTooLong', bytes.subarray(this.at, end), this.line);
      this.moveTo(end, 'between');
    } else if (end >= 0) {
      const row = jsonRow(bytes.subarray(this.at, end), this.line);
      yield row;
      if ('value' in row) this.moveTo(end, 'between');
      else this.lose();
    } else {
      yield broken(tooLong ? 'rowTooLong' : 'brokenJson', bytes.subarray(this.at), this.line);
      this.lose();
    }
  }

  private tooLong(): boolean {
    return this.held.length - this.at > this.maxRowBytes;
  }

  /** Continues after a broken element, at a line or a first key like the first element's. */
  private lose(): void {
    if (this.limit !== -1) this.moveTo(this.limit, 'between');
    else this.moveTo(Math.min(this.at + 1, this.held.length), 'lost');
  }

  private open(): boolean {
    const open = this.held.bytes.indexOf(OPEN);
    if (open === -1) return false;
    this.moveTo(open + 1, 'between');
    return true;
  }

  /** Skips to the next element. */
  private beginElement(): boolean {
    const { bytes } = this.held;
    let at = this.at;
    while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] === COMMA)) at++;
    if (this.mark === null) {
      const newline = bytes.lastIndexOf(NEWLINE, at - 1);
      if (newline >= this.at) this.indent = bytes.toString('latin1', newline, at).slice(0, MARK_BYTES);
      else this.indent = (this.indent + bytes.toString('latin1', this.at, at)).slice(-MARK_BYTES);
    }
    this.moveTo(at, 'between');
    if (at === bytes.length) return false;
    if (bytes[at] === CLOSE) {
      this.done = true;
      this.rest = bytes.subarray(at + 1);
      return false;
    }
    this.moveTo(at, 'inside');
    this.limit = at < this.passed ? (this.mark?.find(bytes.subarray(0, this.passed), at + 1) ?? -1) : -1;
    this.scanner.reset();
    return true;
  }

  private markFirst(): void {
    this.mark ??= ElementMark.of(
      this.indent,
      this.held.bytes.toString('latin1', this.at, this.at + MARK_BYTES),
    );
  }

  private findMark(ended: boolean): boolean {
    const { bytes } = this.held;
    const found = this.mark?.find(bytes, this.at) ?? -1;
    if (found !== -1) this.moveTo(found, 'between');
    else if (ended) this.done = true;
    else this.moveTo(Math.max(this.at, bytes.length - MARK_BYTES), 'lost');
    return found !== -1;
  }

  private moveTo(at: number, state: typeof this.state): void {
    const passed = this.held.bytes.subarray(this.at, at);
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
    this.held.drop(before);
    this.at -= before;
    this.seen -= before;
    this.passed -= before;
    if (this.limit !== -1) this.limit -= before;
  }
}
