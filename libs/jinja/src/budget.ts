import { TemplateError } from './errors';

/** What one rendering may use. */
export interface Limits {
  /** Evaluated expressions, executed statements and visited elements. */
  steps: number;
  /** Characters that operations on strings read or make; an element of a new list counts as 20. */
  characters: number;
  /** Characters of one string or of the whole result; an element of one list counts as 20. */
  size: number;
  /** Calls of macros and of recursive loops inside each other. */
  depth: number;
}

const ELEMENT = 20;

/** No conversation raises the limits beyond these, because rendering blocks the event loop of a server. */
const HIGHEST = { steps: 10_000_000, characters: 200_000_000, size: 50_000_000 };

/**
 * The limits for variables with so many characters and values: less than a second and about 100 MB of work for a short
 * conversation, and in proportion for a long one, up to `HIGHEST`. Templates of public models need some 100 steps for a message.
 */
export const limitsFor = (input: { characters: number; values: number }): Limits => ({
  steps: Math.min(2_000_000 + 500 * input.values, HIGHEST.steps),
  characters: Math.min(50_000_000 + 50 * input.characters, HIGHEST.characters),
  size: Math.min(5_000_000 + 10 * input.characters, HIGHEST.size),
  depth: 200,
});

/** Counts what a rendering uses. @throws TemplateError of kind `limit` when it exceeds its limits */
export class Budget {
  private steps = 0;
  private characters = 0;
  private depth = 0;

  constructor(private readonly limits: Limits) {}

  step(count = 1): void {
    this.steps += count;
    if (this.steps > this.limits.steps) throw exceeded(`${this.limits.steps.toLocaleString('en')} steps`);
  }

  /** For work in proportion to the length of a string: reading it, or making it. */
  use(length: number): void {
    this.characters += length;
    if (this.characters > this.limits.characters)
      throw exceeded(`${this.limits.characters.toLocaleString('en')} characters of work`);
  }

  /** Before a string of this length is made. */
  make(length: number): void {
    this.fits(length);
    this.use(length);
  }

  /** Before a list of this length is made. */
  makeList(length: number): void {
    this.make(length * ELEMENT);
  }

  /** The most elements that a list may have. */
  get longestList(): number {
    return Math.floor(this.limits.size / ELEMENT);
  }

  fits(length: number): void {
    if (length > this.limits.size)
      throw exceeded(`${this.limits.size.toLocaleString('en')} characters of one value`);
  }

  enter(): void {
    if (++this.depth > this.limits.depth) throw exceeded(`${this.limits.depth} calls inside each other`);
  }

  leave(): void {
    this.depth--;
  }
}

const exceeded = (limit: string) => new TemplateError('limit', `it exceeds the limit of ${limit}`);
