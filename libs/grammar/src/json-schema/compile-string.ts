import { choice, type Expression, repeat, sequence, text } from '../expression';
import { GrammarError } from '../grammar-error';
import { parseRegex } from '../regex/parse-regex';
import { count } from './count';
import { FORMATS } from './formats';
import { inString } from './in-string';
import { anyString, character } from './json-text';
import type { Schema } from './schema';

const MANY = Number.POSITIVE_INFINITY;

export function compileString(schema: Schema): Expression {
  const { minLength = 0, maxLength = MANY, format } = schema;
  const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  const pattern = schema['pattern'] ?? known;
  const least = count(minLength, 'minLength');
  const most = maxLength === MANY ? MANY : count(maxLength, 'maxLength');
  if (pattern === undefined) {
    if (least === 0 && most === MANY) return anyString;
    return least > most ? choice() : sequence(text('"'), repeat(character, least, most), text('"'));
  }
  if (typeof pattern !== 'string') throw new GrammarError('the JSON schema has a "pattern" that is no text');
  if ((schema['pattern'] !== undefined && known) || ((least > 0 || most < MANY) && known === undefined))
    throw new GrammarError(
      'the JSON schema has "pattern" beside "format", "minLength" or "maxLength"; put all of it into the pattern',
    );
  return sequence(text('"'), inString(parseRegex(pattern, true)), text('"'));
}
