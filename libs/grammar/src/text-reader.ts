import type { Range } from './expression';
import { GrammarError } from './grammar-error';

/** The most levels of brackets in a pattern or a grammar. */
const DEEPEST = 100;
/** The largest count of a repetition. */
const LARGEST_COUNT = 20_000;

/** Reads a pattern or a grammar by code points. */
export class TextReader {
  at = 0;
  private depth = 0;
  private readonly characters: readonly string[];

  constructor(
    text: string,
    private readonly what: string,
  ) {
    this.characters = [...text];
  }

  get done(): boolean {
    return this.at >= this.characters.length;
  }

  /** The next character, or one after it; '' at the end. */
  peek(ahead = 0): string {
    return this.characters[this.at + ahead] ?? '';
  }

  /** @throws GrammarError at the end */
  next(): string {
    if (this.done) this.fail('it ends too early');
    return this.characters[this.at++];
  }

  /** Reads `expected` if it comes next. */
  take(expected: string): boolean {
    for (let i = 0; i < expected.length; i++) if (this.peek(i) !== expected[i]) return false;
    this.at += expected.length;
    return true;
  }

  expect(expected: string): void {
    if (!this.take(expected)) this.fail(`expected "${expected}"`);
  }

  /** The characters that match, up to the first that does not. */
  while(matches: RegExp): string {
    const start = this.at;
    while (!this.done && matches.test(this.peek())) this.at++;
    return this.characters.slice(start, this.at).join('');
  }

  /** Reads a part in brackets. */
  nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > DEEPEST) this.fail(`it is nested more than ${DEEPEST} levels deep`);
    const result = read();
    this.depth -= 1;
    return result;
  }

  /** Exactly `digits` hexadecimal digits. */
  hex(digits: number): number {
    const text = this.characters.slice(this.at, this.at + digits).join('');
    if (text.length < digits || !/^[0-9a-fA-F]+$/.test(text))
      this.fail(`expected ${digits} hexadecimal digits`);
    this.at += digits;
    return Number.parseInt(text, 16);
  }

  /** The counts after `{`: `3}`, `3,}`, `3,5}`. */
  counts(): [least: number, most: number] {
    const least = this.count();
    let most = least;
    if (this.take(',')) most = this.peek() === '}' ? Number.POSITIVE_INFINITY : this.count();
    this.expect('}');
    if (most < least) this.fail(`the count ${most} is below ${least}`);
    return [least, most];
  }

  /** The ranges after `[`, up to `]`. @param item reads one character or a class such as `\d` */
  ranges(item: () => readonly Range[]): Range[] {
    const ranges: Range[] = [];
    while (!this.take(']')) {
      const first = item();
      if (this.peek() !== '-' || this.peek(1) === ']') {
        ranges.push(...first);
        continue;
      }
      this.at++;
      const [low, high] = [first, item()].map((read) => {
        if (read.length !== 1 || read[0][0] !== read[0][1]) this.fail('a range has a class as its end');
        return read[0][0];
      });
      if (low > high) this.fail('a range ends before it begins');
      ranges.push([low, high]);
    }
    return ranges;
  }

  fail(reason: string): never {
    throw new GrammarError(`${this.what}, character ${this.at + 1}: ${reason}`);
  }

  private count(): number {
    const digits = this.while(/[0-9]/);
    if (digits === '') this.fail('expected a count');
    const count = Number(digits);
    if (count > LARGEST_COUNT) this.fail(`the count ${digits} is above ${LARGEST_COUNT}`);
    return count;
  }
}
