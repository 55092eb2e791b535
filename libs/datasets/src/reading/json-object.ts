import type { BombGuard } from './bomb-guard';
import { UnknownFormatError } from './errors';
import { HeldBytes } from './held-bytes';
import { JsonArrayParser } from './json-array';
import { BROKEN, JsonScanner, MORE_NEEDED } from './json-scanner';
import { parseJson } from './parse-json';
import type { RawRow, Row } from './row';
import { isSpace, type RowParser } from './row-parser';

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const COMMA = 0x2c;
const COLON = 0x3a;

/** Members beside the lists: each row repeats them. */
const MOST_MEMBERS = 256;

/**
 * One JSON object that holds lists of rows, such as a task of Natural Instructions or Safety-Prompts. Each element of such a list becomes
 * one row: the object with its fields so far, and the list with only that element.
 */
export class JsonObjectParser implements RowParser {
  private state: 'before' | 'key' | 'value' | 'list' | 'after' = 'before';
  private readonly held = new HeldBytes();
  /** Scans the value of a member, and the bytes of it that were scanned. */
  private scanner = new JsonScanner();
  private seen = 0;
  private line = 1;
  private key = '';
  private readonly members = new Map<string, unknown>();
  private memberBytes = 0;
  private list: JsonArrayParser | null = null;
  private lists = 0;

  /** @param guard limits the bytes of the rows, each of which repeats the members beside the lists */
  constructor(
    private readonly maxRowBytes: number,
    private readonly guard: BombGuard,
  ) {}

  *push(chunk: Buffer): Generator<RawRow> {
    this.held.append(chunk);
    this.guard.in(chunk.length);
    let moved = true;
    while (moved) {
      if (this.state === 'list') moved = yield* this.readList();
      else moved = this.step();
    }
    if (this.held.length > this.maxRowBytes) throw unreadable('a member that is too long');
  }

  *end(): Generator<RawRow> {
    if (this.list) yield* this.rowsOf(this.list.end());
    if (this.lists === 0) throw unreadable('no list of rows in it');
  }

  private step(): boolean {
    const { bytes } = this.held;
    let at = 0;
    while (at < bytes.length && (isSpace(bytes[at]) || bytes[at] === COMMA)) at++;
    this.skip(at);
    if (this.held.length === 0 || this.state === 'after') return false;
    if (this.state === 'before') {
      if (bytes[at] !== OPEN_OBJECT) throw unreadable('no object');
      this.skip(1);
      this.state = 'key';
      return true;
    }
    return this.state === 'key' ? this.readKey() : this.readValue();
  }

  private readKey(): boolean {
    const { bytes } = this.held;
    if (bytes[0] === CLOSE_OBJECT) {
      this.skip(1);
      this.state = 'after';
      return true;
    }
    const match = /^"(?:[^"\\]|\\.)*"\s*/.exec(bytes.toString('utf8', 0, Math.min(bytes.length, 4096)));
    const length = match ? Buffer.byteLength(match[0]) : 0;
    if (!match || length === bytes.length) {
      if (bytes.length >= 4096 || bytes[0] !== 0x22) throw unreadable(`no key at line ${this.line}`);
      return false;
    }
    if (bytes[length] !== COLON) throw unreadable(`no ":" at line ${this.line}`);
    this.key = parse(match[0], this.line) as string;
    this.skip(length + 1);
    this.state = 'value';
    return true;
  }

  /** A list of objects is parsed row by row. Any other value becomes a field of each row. */
  private readValue(): boolean {
    const { bytes } = this.held;
    if (bytes[0] === OPEN_LIST && this.seen === 0) {
      let at = 1;
      while (at < bytes.length && isSpace(bytes[at])) at++;
      if (at === bytes.length) return false;
      if (bytes[at] === OPEN_OBJECT) {
        this.lists++;
        this.list = new JsonArrayParser(this.maxRowBytes, this.line);
        this.state = 'list';
        return true;
      }
    }
    const end = this.scanner.scan(bytes, this.seen);
    if (end === BROKEN) throw unreadable(`an open string at line ${this.line}`);
    if (end === MORE_NEEDED) {
      this.seen = bytes.length;
      return false;
    }
    this.members.set(this.key, parse(bytes.toString('utf8', 0, end), this.line));
    this.memberBytes += end;
    if (this.members.size > MOST_MEMBERS)
      throw unreadable(`more than ${MOST_MEMBERS} members beside its lists`);
    this.skip(end);
    this.scanner.reset();
    this.seen = 0;
    this.state = 'key';
    return true;
  }

  private *readList(): Generator<RawRow, boolean> {
    const list = this.list as JsonArrayParser;
    const { bytes } = this.held;
    this.held.drop(bytes.length);
    yield* this.rowsOf(list.push(bytes));
    if (!list.done) return false;
    this.line += newlines(bytes.subarray(0, bytes.length - list.rest.length));
    this.held.append(list.rest);
    this.list = null;
    this.state = 'key';
    return true;
  }

  private *rowsOf(rows: Iterable<RawRow>): Generator<RawRow> {
    const members: Row = Object.fromEntries(this.members);
    for (const row of rows) {
      this.guard.out(this.memberBytes);
      yield 'value' in row ? { line: row.line, value: { ...members, [this.key]: [row.value] } } : row;
    }
  }

  private skip(bytes: number): void {
    this.line += newlines(this.held.bytes.subarray(0, bytes));
    this.held.drop(bytes);
  }
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

function parse(text: string, line: number): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw unreadable(`${(error as Error).message} at line ${line}`);
  }
}

function unreadable(what: string): UnknownFormatError {
  return new UnknownFormatError(
    `one JSON object over several lines, but ${what}; expected an array of rows, one row on each line, or an object with lists of rows`,
  );
}
