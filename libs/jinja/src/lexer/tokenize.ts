import { TemplateError } from '../errors';
import { isSpace, SPACE, trimEnd } from './characters';
import { unescapeString } from './string-literal';
import type { Token } from './token';

/** Characters of a template. Those of public models have some 10,000. */
const LONGEST = 1_000_000;
/** Python reads no longer integers. */
const LONGEST_INTEGER = 4300;
// Linear time: the signs of a tag are no white space, so no search passes the same blanks twice.
const TAG = /\{[{%#]/g;
const RAW = new RegExp(`\\{%[-+]?[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\})`, 'y');
const END_RAW = new RegExp(
  `\\{%([-+]?)[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`,
  'g',
);
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?`, 'y');
const VARIABLE_END = new RegExp(`-\\}\\}[${SPACE}]*|\\}\\}`, 'y');
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}[${SPACE}]*|#\\}\\n?`, 'g');
const BLANK = new RegExp(`[${SPACE}]+`, 'y');
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const STRING = /'[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const OPERATOR = /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}><=.:|,;]/y;
const TOKENS = [
  ['float', FLOAT],
  ['integer', INTEGER],
  ['name', NAME],
  ['string', STRING],
  ['operator', OPERATOR],
] as const;
const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * The tokens of a template, with `trim_blocks` and `lstrip_blocks` as transformers sets them: a line end after a block is
 * dropped, as are blanks between the start of a line and a block.
 * @throws TemplateError of kind `syntax`
 */
export function tokenize(template: string): Token[] {
  if (template.length > LONGEST)
    throw new TemplateError('limit', `it is longer than ${LONGEST.toLocaleString('en')} characters`);
  const source = template.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  let lineStarts = true;

  const push = (type: string, value: string) => tokens.push({ type, value, line });
  const fail = (reason: string): never => {
    throw new TemplateError('syntax', reason, line);
  };
  const advance = (length: number) => {
    const text = source.slice(position, position + length);
    for (const character of text) if (character === '\n') line++;
    lineStarts = text === '' ? lineStarts : text.endsWith('\n');
    position += length;
    return text;
  };
  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0] ?? null;
  };
  /** The text before a tag, less the blanks that the tag's sign or `lstrip_blocks` drops. */
  const data = (end: number, sign: string, strips: boolean) => {
    const text = source.slice(position, end);
    let kept = text;
    if (sign === '-') kept = trimEnd(text);
    else if (sign !== '+' && strips) {
      const start = text.lastIndexOf('\n') + 1;
      if ((start > 0 || lineStarts) && isSpace(text.slice(start))) kept = text.slice(0, start);
    }
    if (kept !== '') push('data', kept);
    advance(text.length);
  };

  while (position < source.length) {
    TAG.lastIndex = position;
    const tag = TAG.exec(source);
    if (!tag) {
      push('data', source.slice(position));
      break;
    }
    const sign = /[-+]/.test(source[tag.index + 2] ?? '') ? source[tag.index + 2] : '';
    data(tag.index, sign, tag[0] !== '{{');
    if (tag[0] === '{#') comment();
    else if (tag[0] === '{%' && match(RAW) !== null) raw();
    else inside(tag[0] === '{{', sign);
  }
  push('eof', '');
  return tokens;

  function comment(): void {
    advance(source[position + 2] === '-' || source[position + 2] === '+' ? 3 : 2);
    COMMENT_END.lastIndex = position;
    const end = COMMENT_END.exec(source);
    if (!end) fail('a comment has no end: "#}" is missing');
    else advance(end.index + end[0].length - position);
  }

  function raw(): void {
    advance((match(RAW) as string).length);
    END_RAW.lastIndex = position;
    const end = END_RAW.exec(source);
    if (!end) fail('"{% raw %}" has no end: "{% endraw %}" is missing');
    else {
      data(end.index, end[1], true);
      advance(end[0].length);
    }
  }

  /** The tokens between {{ and }}, or {% and %}. */
  function inside(variable: boolean, sign: string): void {
    push(variable ? 'variable_begin' : 'block_begin', '');
    advance(2 + sign.length);
    const open: string[] = [];
    while (position < source.length) {
      const end = open.length === 0 ? match(variable ? VARIABLE_END : BLOCK_END) : null;
      if (end !== null) {
        push(variable ? 'variable_end' : 'block_end', '');
        advance(end.length);
        return;
      }
      token(open);
    }
    fail(`a tag has no end: "${variable ? '}}' : '%}'}" is missing`);
  }

  function token(open: string[]): void {
    const blank = match(BLANK);
    if (blank !== null) {
      advance(blank.length);
      return;
    }
    for (const [type, pattern] of TOKENS) {
      const text = match(pattern);
      if (text === null) continue;
      if (type === 'operator') balance(text, open);
      if (type === 'integer' && text.length > LONGEST_INTEGER) fail('an integer has more than 4,300 digits');
      const value = type === 'string' ? unescapeString(text.slice(1, -1), line) : text;
      push(type === 'operator' ? text : type, value);
      advance(text.length);
      return;
    }
    fail(`unexpected character ${JSON.stringify(source[position])}`);
  }

  /** Keeps the brackets that are open. A tag does not end inside them. */
  function balance(text: string, open: string[]): void {
    if (Object.hasOwn(CLOSING, text)) open.push(CLOSING[text]);
    else if (text === ')' || text === ']' || text === '}') {
      const expected = open.pop();
      if (expected !== text)
        fail(`unexpected "${text}"${expected === undefined ? '' : `, expected "${expected}"`}`);
    }
  }
}
