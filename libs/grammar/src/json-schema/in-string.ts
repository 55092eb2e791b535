import { choice, classOf, type Expression, sequence, text, without } from '../expression';
import { UNESCAPED } from './json-text';

/** The escapes of JSON that have one letter, by their code point. */
const SHORT: readonly (readonly [number, string])[] = [
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
];

/** What an expression matches, as it is written inside of a JSON string. Control characters without a short escape are left out. */
export function inString(expression: Expression): Expression {
  switch (expression.kind) {
    case 'text':
      return text(JSON.stringify(expression.text).slice(1, -1));
    case 'class': {
      const plain = without(expression.ranges, without([[0, 0x10ffff]], UNESCAPED));
      const has = (code: number) => expression.ranges.some(([low, high]) => code >= low && code <= high);
      const escapes = SHORT.filter(([code]) => has(code)).map(([, written]) => text(written));
      return escapes.length === 0 ? classOf(...plain) : choice(classOf(...plain), ...escapes);
    }
    case 'sequence':
      return sequence(...expression.parts.map(inString));
    case 'choice':
      return choice(...expression.options.map(inString));
    case 'repeat':
      return { ...expression, part: inString(expression.part) };
    case 'rule':
      return expression;
  }
}
