import {
  choice,
  classOf,
  complement,
  type Expression,
  type Range,
  repeat,
  sequence,
  text,
} from '../expression';
import { TextReader } from '../text-reader';
import { CLASSES, CONTROLS, DOT, single } from './character-classes';

const ANYTHING = repeat(classOf([0, 0x10ffff]), 0, Number.POSITIVE_INFINITY);

/**
 * Parses a regular expression of ECMAScript. It is never run by JavaScript's engine: it becomes an automaton, whose work for each
 * character is bounded. Lazy quantifiers match the same texts as greedy ones.
 * @param search whether the pattern may match a part of the text (JSON Schema's `pattern`); otherwise it matches all of it
 * @throws GrammarError for what is no regular language (back references, look-around), and for word boundaries and `\p`
 */
export function parseRegex(pattern: string, search: boolean): Expression {
  const reader = new TextReader(pattern, 'the regular expression');
  const expression = alternatives(reader, search, true);
  if (!reader.done) reader.fail('")" has no "("');
  return expression;
}

function alternatives(reader: TextReader, search: boolean, outermost: boolean): Expression {
  const options: Expression[] = [];
  do {
    const anchoredStart = outermost && reader.take('^');
    const parts: Expression[] = [];
    let anchoredEnd = false;
    while (!reader.done && reader.peek() !== '|' && reader.peek() !== ')') {
      if (outermost && reader.peek() === '$' && ['', '|'].includes(reader.peek(1))) {
        reader.next();
        anchoredEnd = true;
      } else parts.push(quantified(reader));
    }
    if (search && !anchoredStart) parts.unshift(ANYTHING);
    if (search && !anchoredEnd) parts.push(ANYTHING);
    options.push(sequence(...parts));
  } while (reader.take('|'));
  return options.length === 1 ? options[0] : choice(...options);
}

function quantified(reader: TextReader): Expression {
  const part = atom(reader);
  const counts = quantifier(reader);
  if (!counts) return part;
  reader.take('?');
  if (quantifier(reader)) reader.fail('a quantifier follows another one');
  return repeat(part, ...counts);
}

function quantifier(reader: TextReader): [number, number] | null {
  if (reader.take('*')) return [0, Number.POSITIVE_INFINITY];
  if (reader.take('+')) return [1, Number.POSITIVE_INFINITY];
  if (reader.take('?')) return [0, 1];
  return reader.peek() === '{' && /[0-9]/.test(reader.peek(1)) && reader.take('{') ? reader.counts() : null;
}

function atom(reader: TextReader): Expression {
  const character = reader.next();
  switch (character) {
    case '(':
      return group(reader);
    case '[': {
      const isComplement = reader.take('^');
      const ranges = reader.ranges(() => classItem(reader));
      return classOf(...(isComplement ? complement(ranges) : ranges));
    }
    case '.':
      return classOf(...DOT);
    case '\\':
      return classOf(...escaped(reader, false));
    case '^':
    case '$':
      return reader.fail(
        `"${character}" is supported only at the beginning or the end of an alternative that is not in brackets`,
      );
    case '*':
    case '+':
    case '?':
      return reader.fail(`"${character}" has nothing to repeat`);
    default:
      return text(character);
  }
}

function group(reader: TextReader): Expression {
  if (reader.take('?') && !reader.take(':')) {
    if (!reader.take('<') || reader.peek() === '=' || reader.peek() === '!')
      reader.fail('look-around and flags are not supported');
    reader.while(/[\p{L}\p{N}_$]/u);
    reader.expect('>');
  }
  const inner = reader.nested(() => alternatives(reader, false, false));
  reader.expect(')');
  return inner;
}

function classItem(reader: TextReader): readonly Range[] {
  const character = reader.next();
  return character === '\\' ? escaped(reader, true) : [single(character)];
}

/** What follows a backslash. */
function escaped(reader: TextReader, inClass: boolean): readonly Range[] {
  const character = reader.next();
  if (Object.hasOwn(CLASSES, character)) return CLASSES[character];
  if (inClass && character === 'b') return [[8, 8]];
  if (Object.hasOwn(CONTROLS, character)) return [single(CONTROLS[character])];
  if (character === 'x') return point(reader.hex(2));
  if (character === 'u') {
    if (!reader.take('{')) return point(unicode(reader));
    const digits = reader.while(/[0-9a-fA-F]/);
    reader.expect('}');
    const code = Number.parseInt(digits, 16);
    if (!(code <= 0x10ffff)) reader.fail('expected a code point');
    return point(code);
  }
  if (/[0-9A-Za-z]/.test(character))
    reader.fail(
      `"\\${character}" is not supported: back references, word boundaries and \\p have no automaton here`,
    );
  return [single(character)];
}

/** Four hexadecimal digits, or two surrogates. */
function unicode(reader: TextReader): number {
  const first = reader.hex(4);
  if (first < 0xd800 || first > 0xdbff || !reader.take('\\u')) return first;
  const second = reader.hex(4);
  if (second < 0xdc00 || second > 0xdfff) reader.fail('a surrogate has no partner');
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

const point = (code: number): Range[] => [[code, code]];
