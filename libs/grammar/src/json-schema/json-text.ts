import {
  choice,
  classOf,
  complement,
  type Expression,
  optional,
  type Range,
  repeat,
  ruleNamed,
  sequence,
  text,
} from '../expression';

const MANY = Number.POSITIVE_INFINITY;
const digit = classOf([0x30, 0x39]);
const hex = classOf([0x30, 0x39], [0x41, 0x46], [0x61, 0x66]);

/** Characters that a JSON string cannot have as they are: control characters, `"` and `\`. */
const ESCAPED: Range[] = [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];
export const UNESCAPED: readonly Range[] = complement(ESCAPED);

/** `\u` and a code unit that is no surrogate: strict parsers refuse half a pair. */
const unicodeEscape = sequence(
  text('u'),
  choice(
    sequence(classOf([0x30, 0x39], [0x41, 0x43], [0x45, 0x46], [0x61, 0x63], [0x65, 0x66]), hex),
    sequence(classOf([0x44, 0x44], [0x64, 0x64]), classOf([0x30, 0x37])),
  ),
  hex,
  hex,
);

/** Blanks between tokens of JSON, limited: models would otherwise write blanks without an end. */
export const blank: Expression = ruleNamed('json blank');
/** One character of a JSON string. */
export const character: Expression = ruleNamed('json character');
export const anyValue: Expression = ruleNamed('json value');
export const anyObject: Expression = ruleNamed('json object');
export const anyArray: Expression = ruleNamed('json array');
export const anyString: Expression = ruleNamed('json string');
export const anyNumber: Expression = ruleNamed('json number');
export const anyInteger: Expression = ruleNamed('json integer');

/** `[item, item …]`, with blanks, in any brackets. */
export function list(open: string, item: Expression, close: string): Expression {
  const rest = repeat(sequence(text(','), blank, item), 0, MANY);
  return sequence(text(open), blank, optional(sequence(item, rest)), blank, text(close));
}

/** `"name": value` */
export function member(name: Expression, value: Expression): Expression {
  return sequence(name, text(':'), blank, value);
}

/** A number is limited to what a double holds, so that no reader makes it infinite. */
const integer = sequence(
  optional(text('-')),
  choice(text('0'), sequence(classOf([0x31, 0x39]), repeat(digit, 0, 14))),
);
const exponent = sequence(
  classOf([0x45, 0x45], [0x65, 0x65]),
  optional(classOf([0x2b, 0x2b], [0x2d, 0x2d])),
  repeat(digit, 1, 2),
);

/** The rules of JSON (RFC 8259) that the expressions above name. */
export const JSON_RULES: ReadonlyMap<string, Expression> = new Map([
  [
    'json blank',
    choice(text(''), text(' '), sequence(text('\n'), repeat(classOf([0x09, 0x09], [0x20, 0x20]), 0, 20))),
  ],
  [
    'json character',
    choice(classOf(...UNESCAPED), sequence(text('\\'), choice(...[...'"\\/bfnrt'].map(text), unicodeEscape))),
  ],
  ['json string', sequence(text('"'), repeat(character, 0, MANY), text('"'))],
  ['json integer', integer],
  ['json number', sequence(integer, optional(sequence(text('.'), repeat(digit, 1, 15))), optional(exponent))],
  ['json array', list('[', anyValue, ']')],
  ['json object', list('{', member(anyString, anyValue), '}')],
  ['json value', choice(anyObject, anyArray, anyString, anyNumber, ...['true', 'false', 'null'].map(text))],
]);
