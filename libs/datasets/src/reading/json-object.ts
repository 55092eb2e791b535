import { UnknownFormatError } from './errors';
import { JsonArrayParser } from './json-array';
import { JsonScanner } from './json-scanner';
import type { RawRow, Row } from './row';
import { isSpace, type RowParser } from './row-parser';

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const COMMA = 0x2c;
const COLON = 0x3a;

/**
 * One JSON object that holds lists of rows, such as a task of Natural Instructions or Safety-Prompts. Each element of such a list becomes
 * one row: the object with its fields so far, and the list with only that element.
 */
export class JsonObjectParser implements RowParser {
  private state: 'before' | 'key' | 'value' | 'list' | 'after' = 'before';
  private held: Buffer = Buffer.alloc(0);
  private line = 1;
  private key = '';
  private readonly members: Row = {};
  private list: JsonArrayParser | null = null;
  private lists = 0;

  constructor(private readonly maxRowBytes: number) {}

  *push(chunk: Buffer): Generator<RawRow> {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
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
    let at = 0;
    while (at < this.held.length && (isSpace(this.held[at]) || this.held[at] === COMMA)) at++;
    this.skip(at);
    if (this.held.length === 0 || this.state === 'after') return false;
    if (this.state === 'before') {
      if (this.held[0] !== OPEN_OBJECT) throw unreadable('no object');
      this.skip(1);
      this.state = 'key';
      return true;
    }
    return this.state === 'key' ? this.readKey() : this.readValue();
  }

  private readKey(): boolean {
    if (this.held[0] === CLOSE_OBJECT) {
      this.skip(1);
      this.state = 'after';
      return true;
    }
    const match = /^"(?:[^"\\]|\\.)*"\s*/.exec(
      this.held.toString('utf8', 0, Math.min(this.held.length, 4096)),
    );
    const length = match ? Buffer.byteLength(match[0]) : 0;
    if (!match || length === this.held.length) {
      if (this.held.length >= 4096 || this.held[0] !== 0x22) throw unreadable(`no key at line ${this.line}`);
      return false;
    }
    if (this.held[length] !== COLON) throw unreadable(`no ":" at line ${this.line}`);
    this.key = parse(match[0], this.line) as string;
    this.skip(length + 1);
    this.state = 'value';
    return true;
  }

  /** A list of objects is parsed row by row. Any other value becomes a field of each row. */
  private readValue(): boolean {
    if (this.held[0] === OPEN_LIST) {
      let at = 1;
      while (at < this.held.length && isSpace(this.held[at])) at++;
      if (at === this.held.length) return false;
      if (this.held[at] === OPEN_OBJECT) {
        this.lists++;
        this.list = new JsonArrayParser(this.maxRowBytes, this.line);
        this.state = 'list';
        return true;
      }
    }
    const end = new JsonScanner().scan(this.held, 0);
    if (end === -2) throw unreadable(`an open string at line ${this.line}`);
    if (end === -1) return false;
    this.members[this.key] = parse(this.held.toString('utf8', 0, end), this.line);
    this.skip(end);
    this.state = 'key';
    return true;
  }

  private *readList(): Generator<RawRow, boolean> {
    const list = this.list as JsonArrayParser;
    const bytes = this.held;
    this.held = Buffer.alloc(0);
    yield* this.rowsOf(list.push(bytes));
    if (!list.done) return false;
    this.line += newlines(bytes.subarray(0, bytes.length - list.rest.length));
    this.held = list.rest;
    this.list = null;
    this.state = 'key';
    return true;
  }

  private *rowsOf(rows: Iterable<RawRow>): Generator<RawRow> {
    for (const row of rows) {
      yield 'value' in row ? { line: row.line, value: { ...this.members, [this.key]: [row.value] } } : row;
    }
  }

  private skip(bytes: number): void {
    this.line += newlines(this.held.subarray(0, bytes));
    this.held = this.held.subarray(bytes);
  }
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

function parse(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(`${(error as Error).message} at line ${line}`);
  }
}

function unreadable(what: string): UnknownFormatError {
  return new UnknownFormatError(
    `one JSON object over several lines, but ${what}; expected an array of rows, one row on each line, or an object with lists of rows`,
  );
}
