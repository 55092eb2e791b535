import {
  choice,
  classOf,
  complement,
  type Expression,
  type Grammar,
  type Range,
  repeat,
  ruleNamed,
  sequence,
  text,
} from '../expression';
import { GrammarError } from '../grammar-error';
import { single } from '../regex/character-classes';
import { TextReader } from '../text-reader';

const NAME = /[a-zA-Z0-9_-]/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/**
 * Parses a grammar in llama.cpp's GBNF (https://github.com/ggml-org/llama.cpp/tree/master/grammars). The first rule that is called `root`
 * is the whole text.
 * @throws GrammarError with the place of the error
 */
export function parseGbnf(source: string): Grammar {
  const reader = new TextReader(source, 'the grammar');
  const rules = new Map<string, Expression>();
  blanks(reader, true);
  while (!reader.done) {
    const name = reader.while(NAME);
    if (name === '') reader.fail('expected the name of a rule');
    if (rules.has(name)) reader.fail(`the rule "${name}" is defined twice`);
    blanks(reader, false);
    reader.expect('::=');
    blanks(reader, true);
    rules.set(name, alternatives(reader, false));
    blanks(reader, true);
  }
  if (!rules.has('root')) throw new GrammarError('the grammar has no rule "root"');
  return { root: ruleNamed('root'), rules };
}

/** Skips blanks and comments. Outside of brackets a line end ends a rule. */
function blanks(reader: TextReader, lines: boolean): void {
  for (;;) {
    reader.while(lines ? /\s/ : /[ \t]/);
    if (reader.peek() !== '#') return;
    reader.while(/[^\r\n]/);
  }
}

/** @param inBrackets whether line ends are blanks */
function alternatives(reader: TextReader, inBrackets: boolean): Expression {
  const options = [parts(reader, inBrackets)];
  while (reader.take('|')) {
    blanks(reader, true);
    options.push(parts(reader, inBrackets));
  }
  return options.length === 1 ? options[0] : choice(...options);
}

function parts(reader: TextReader, inBrackets: boolean): Expression {
  const result: Expression[] = [];
  for (;;) {
    const part = item(reader);
    if (!part) return sequence(...result);
    result.push(quantified(reader, part));
    blanks(reader, inBrackets);
  }
}

function item(reader: TextReader): Expression | null {
  if (reader.take('"')) {
    let value = '';
    while (!reader.take('"')) value += character(reader);
    return text(value);
  }
  if (reader.take('[')) {
    const isComplement = reader.take('^');
    const ranges = reader.ranges((): Range[] => [single(character(reader))]);
    return classOf(...(isComplement ? complement(ranges) : ranges));
  }
  if (reader.take('.')) return classOf([0, 0x10ffff]);
  if (reader.take('(')) {
    blanks(reader, true);
    const inner = reader.nested(() => alternatives(reader, true));
    reader.expect(')');
    return inner;
  }
  const name = reader.while(NAME);
  return name === '' ? null : ruleNamed(name);
}

function quantified(reader: TextReader, part: Expression): Expression {
  if (reader.take('*')) return repeat(part, 0, Number.POSITIVE_INFINITY);
  if (reader.take('+')) return repeat(part, 1, Number.POSITIVE_INFINITY);
  if (reader.take('?')) return repeat(part, 0, 1);
  return reader.take('{') ? repeat(part, ...reader.counts()) : part;
}

/** One character of a text or a class, escapes included. */
function character(reader: TextReader): string {
  const next = reader.next();
  if (next !== '\\') return next;
  const letter = reader.next();
  if (letter === 'x') return String.fromCodePoint(reader.hex(2));
  if (letter === 'u') return String.fromCodePoint(reader.hex(4));
  if (letter === 'U') {
    const code = reader.hex(8);
    if (code > 0x10ffff) reader.fail('expected a code point');
    return String.fromCodePoint(code);
  }
  if (Object.hasOwn(ESCAPES, letter)) return ESCAPES[letter];
  if (!['"', '\\', '[', ']', '-', '^'].includes(letter)) reader.fail(`"\\${letter}" is no escape`);
  return letter;
}
