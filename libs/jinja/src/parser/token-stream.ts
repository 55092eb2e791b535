import { TemplateError } from '../errors';
import { describe, type Token } from '../lexer/token';

const MAX_NESTING = 150;

/** Reads tokens one after the other. */
export class TokenStream {
  private position = 0;
  private nesting = 0;
  /** The names that the macros around the current token use, innermost last. */
  readonly macros: Set<string>[] = [];

  constructor(private readonly tokens: readonly Token[]) {}

  get current(): Token {
    return this.tokens[this.position];
  }

  get following(): Token {
    return this.tokens[Math.min(this.position + 1, this.tokens.length - 1)];
  }

  next(): Token {
    const token = this.current;
    if (token.type !== 'eof') this.position++;
    return token;
  }

  is(type: string): boolean {
    return this.current.type === type;
  }

  isName(...names: string[]): boolean {
    return this.current.type === 'name' && names.includes(this.current.value);
  }

  /** Skips the token if it has this type. */
  skip(type: string): boolean {
    if (!this.is(type)) return false;
    this.next();
    return true;
  }

  skipName(name: string): boolean {
    if (!this.isName(name)) return false;
    this.next();
    return true;
  }

  expect(type: string): Token {
    if (!this.is(type))
      this.fail(`expected ${describe({ type, value: 'a name', line: 0 })}, found ${describe(this.current)}`);
    return this.next();
  }

  expectName(name: string): Token {
    if (!this.isName(name)) this.fail(`expected "${name}", found ${describe(this.current)}`);
    return this.next();
  }

  /** Parses something that may contain itself. */
  nested<T>(parse: () => T): T {
    if (++this.nesting > MAX_NESTING) this.fail(`it nests deeper than ${MAX_NESTING} levels`);
    const result = parse();
    this.nesting--;
    return result;
  }

  fail(reason: string, line = this.current.line): never {
    throw new TemplateError('syntax', reason, line);
  }
}
