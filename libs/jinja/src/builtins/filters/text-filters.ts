import { runtimeError } from '../../errors';
import type { Runtime } from '../../runtime';
import { capitalize } from '../../strings/case';
import { codePoints, length } from '../../strings/code-points';
import { formatPercent } from '../../strings/format-percent';
import { align } from '../../strings/format-spec';
import { escapeHtml, quoteUrl, stripTags } from '../../strings/html';
import { countOf, replace, splitLines, strip } from '../../strings/split';
import { wrapText } from '../../strings/wrap';
import { Dict } from '../../values/dict';
import { isIterable, iterate, length as lengthOf, toList } from '../../values/sequence';
import { repr, toText } from '../../values/text';
import { asText, truthy } from '../../values/types';
import { Markup, Tuple, type Value } from '../../values/value';
import { flag, optionalInteger, optionalText, text } from '../arguments';
import { toJson } from '../json';
import type { Filters } from './filter';

/** Keeps the mark of HTML. */
const like = (value: Value, result: string): Value => (value instanceof Markup ? new Markup(result) : result);

const onText =
  (change: (value: string) => string) =>
  (value: Value, _: unknown, runtime: Runtime): Value => {
    const found = toText(value, runtime);
    runtime.budget.make(found.length * 2);
    return like(value, change(found));
  };

const escapeValue = (value: Value, _: unknown, runtime: Runtime): Value => {
  if (value instanceof Markup) return value;
  const found = toText(value, runtime);
  runtime.budget.make(found.length * 5);
  return new Markup(escapeHtml(found));
};

/** `title` of Jinja: words start after white space, hyphens and opening brackets only. */
const titleWords = (value: string): string =>
  value
    .split(/([-\s({[<]+)/u)
    .map((word) => {
      const [first = '', ...rest] = word;
      return first.toUpperCase() + rest.join('').toLowerCase();
    })
    .join('');

function pairOf(value: Value, runtime: Runtime): Value[] {
  const items = toList(value, runtime);
  if (items.length !== 2) throw runtimeError(`urlencode expects pairs, found ${items.length} elements`);
  return items;
}

export const TEXT_FILTERS: Filters = {
  capitalize: ['', onText(capitalize)],
  center: [
    'width?',
    (value, [width], runtime) => {
      const found = toText(value, runtime);
      const columns = optionalInteger(width, 80);
      const missing = columns - length(found);
      const left = Math.max(0, Math.floor(missing / 2) + (missing & columns & 1));
      return align(' '.repeat(missing > 0 ? left : 0) + found, columns, '<', ' ', runtime);
    },
  ],
  e: ['', escapeValue],
  escape: ['', escapeValue],
  forceescape: ['', (value, _, runtime) => escapeValue(toText(value, runtime), _, runtime)],
  format: [
    null,
    (value, _, runtime, { positional, named }) => {
      if (positional.length > 0 && named.size > 0)
        throw runtimeError("can't handle positional and keyword arguments at the same time");
      return formatPercent(
        toText(value, runtime),
        named.size > 0 ? Dict.of(named) : new Tuple(positional),
        runtime,
      );
    },
  ],
  indent: [
    'width? first? blank?',
    (value, [width, first, blank], runtime) => {
      const columns = typeof width === 'string' ? 0 : Math.max(0, optionalInteger(width, 4));
      runtime.budget.make(columns);
      const indentation = typeof width === 'string' ? width : ' '.repeat(columns);
      const lines = splitLines(`${text(value, 'the value of indent')}\n`, false);
      runtime.budget.make(lines.reduce((sum, line) => sum + line.length + indentation.length + 1, 0));
      const [start, ...rest] = lines.map((line, i) =>
        i > 0 && (line !== '' || flag(blank, false)) ? indentation + line : line,
      );
      const result = [start, ...rest].join('\n');
      return like(value, flag(first, false) ? indentation + result : result);
    },
  ],
  lower: ['', onText((value) => value.toLowerCase())],
  pprint: ['', (value, _, runtime) => repr(value, runtime)],
  replace: [
    'old new count?',
    (value, [from, to, count], runtime) => {
      const found = toText(value, runtime);
      const [old, fresh] = [toText(from as Value, runtime), toText(to as Value, runtime)];
      runtime.budget.use(found.length);
      const times = countOf(found, old, runtime);
      runtime.budget.make(found.length + times * Math.max(0, fresh.length - old.length));
      return like(value, replace(found, old, fresh, optionalInteger(count, -1)));
    },
  ],
  safe: ['', (value, _, runtime) => (value instanceof Markup ? value : new Markup(toText(value, runtime)))],
  string: ['', (value, _, runtime) => (value instanceof Markup ? value : toText(value, runtime))],
  striptags: ['', (value, _, runtime) => stripTags(toText(value, runtime))],
  title: ['', onText(titleWords)],
  tojson: [
    'ensure_ascii? indent? separators? sort_keys?',
    (value, [ascii, indent, separators, sortKeys], runtime) => {
      const levels =
        typeof indent === 'string' || indent === undefined || indent === null
          ? (indent ?? null)
          : ' '.repeat(Math.max(0, optionalInteger(indent, 0)));
      const pair = separators === undefined || separators === null ? null : toList(separators, runtime);
      return toJson(
        value,
        {
          ensureAscii: flag(ascii, false),
          indent: levels,
          separators: pair
            ? [text(pair[0], 'a separator'), text(pair[1], 'a separator')]
            : [levels === null ? ', ' : ',', ': '],
          sortKeys: flag(sortKeys, false),
        },
        runtime,
      );
    },
  ],
  trim: [
    'chars?',
    (value, [chars], runtime) => {
      const found = toText(value, runtime);
      runtime.budget.make(found.length);
      return like(value, strip(found, optionalText(chars, 'the argument of trim'), 'both'));
    },
  ],
  truncate: [
    'length? killwords? end? leeway?',
    (value, [size, killWords, end, leeway], runtime) => {
      const limit = optionalInteger(size, 255);
      const ending = end === undefined ? '...' : text(end, 'the end of truncate');
      if (limit < length(ending))
        throw runtimeError(`truncate expects a length of at least ${length(ending)}, found ${limit}`);
      if (lengthOf(value, runtime) <= limit + optionalInteger(leeway, 5)) return value;
      const found = text(value, 'the value of truncate');
      const kept = codePoints(found)
        .slice(0, limit - length(ending))
        .join('');
      const space = kept.lastIndexOf(' ');
      return like(value, (flag(killWords, false) || space < 0 ? kept : kept.slice(0, space)) + ending);
    },
  ],
  upper: ['', onText((value) => value.toUpperCase())],
  urlencode: [
    '',
    (value, _, runtime) => {
      const found = asText(value);
      if (found !== null || !isIterable(value)) {
        const plain = found ?? toText(value, runtime);
        runtime.budget.make(plain.length * 9);
        return quoteUrl(plain, false);
      }
      const pairs =
        value instanceof Dict
          ? value.entries(runtime.budget)
          : Array.from(iterate(value, runtime), (pair) => pairOf(pair, runtime));
      return pairs
        .map((pair) =>
          pair
            .map((part) => {
              const plain = toText(part, runtime);
              runtime.budget.make(plain.length * 9);
              return quoteUrl(plain, true);
            })
            .join('='),
        )
        .join('&');
    },
  ],
  wordcount: [
    '',
    (value, _, runtime) => {
      const found = toText(value, runtime);
      runtime.budget.make(found.length * 10);
      return BigInt(found.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0);
    },
  ],
  wordwrap: [
    'width? break_long_words? wrapstring? break_on_hyphens?',
    (value, [width, breakWords, wrapString, hyphens], runtime) => {
      const columns = optionalInteger(width, 79);
      if (columns <= 0) throw runtimeError(`invalid width ${columns} (must be > 0)`);
      const separator = optionalText(wrapString, 'the wrapstring') ?? '\n';
      const found = text(value, 'the value of wordwrap');
      runtime.budget.make(found.length * (10 + separator.length));
      const options = {
        width: columns,
        breakWords: flag(breakWords, true),
        breakHyphens: hyphens === undefined || truthy(hyphens),
      };
      return splitLines(found, false)
        .map((line) => wrapText(line, options).join(separator))
        .join(separator);
    },
  ],
};
