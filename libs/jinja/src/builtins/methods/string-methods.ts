import { runtimeError } from '../../errors';
import { isSpace } from '../../lexer/characters';
import type { Runtime } from '../../runtime';
import { capitalize, caseFold, hasOnlyCase, isTitle, swapCase, TESTED, title } from '../../strings/case';
import { codePoints, isPlain, length } from '../../strings/code-points';
import { formatFields } from '../../strings/format-fields';
import { align } from '../../strings/format-spec';
import { countOf, replace, split, splitLines, splitRight, strip } from '../../strings/split';
import { Dict } from '../../values/dict';
import { iterate } from '../../values/sequence';
import { asText, typeName } from '../../values/types';
import { type Arguments, Tuple, type Value } from '../../values/value';
import { flag, optionalInteger, optionalText, text } from '../arguments';
import type { Methods } from './methods';

type Bound = Value | undefined;

const stripMethod = (name: string, side: 'both' | 'left' | 'right') =>
  [
    '/ chars?',
    (self: string, [chars]: Bound[], { budget }: Runtime) => {
      budget.make(self.length);
      budget.makeList(asText(chars ?? null)?.length ?? 0);
      return strip(self, optionalText(chars, `the argument of ${name}()`), side);
    },
  ] as const;

const splitMethod = (cut: typeof split) =>
  [
    'sep? maxsplit?',
    (self: string, [separator, limit]: Bound[], { budget }: Runtime) => {
      const parts = cut(
        self,
        optionalText(separator, 'the separator of split()'),
        optionalInteger(limit, -1),
        budget.longestList,
      );
      budget.makeList(parts.length);
      return parts;
    },
  ] as const;

/** The part between two bounds in code points, and where it starts; null when it starts after the end. */
function part(self: string, start: Bound, end: Bound): { text: string; offset: number } | null {
  if ((start === undefined || start === null) && (end === undefined || end === null))
    return { text: self, offset: 0 };
  const size = length(self);
  const bound = (index: number) => Math.max(index < 0 ? index + size : index, 0);
  const from = bound(optionalInteger(start, 0));
  const to = Math.min(bound(optionalInteger(end, size)), size);
  if (from > size || from > to) return null;
  return {
    text: isPlain(self) ? self.slice(from, to) : codePoints(self).slice(from, to).join(''),
    offset: from,
  };
}

function find(self: string, wanted: Bound, start: Bound, end: Bound, last: boolean): number {
  const searched = text(wanted, 'the argument of find()');
  const within = part(self, start, end);
  if (!within) return -1;
  const index = last ? within.text.lastIndexOf(searched) : within.text.indexOf(searched);
  return index < 0 ? -1 : within.offset + length(within.text.slice(0, index));
}

const findMethod = (last: boolean, mustExist: boolean) =>
  [
    '/ sub start? end?',
    (self: string, [wanted, start, end]: Bound[]) => {
      const index = find(self, wanted, start, end, last);
      if (index < 0 && mustExist) throw runtimeError('substring not found');
      return BigInt(index);
    },
  ] as const;

const affixMethod = (name: 'startsWith' | 'endsWith') =>
  [
    '/ affix start? end?',
    (self: string, [affix, start, end]: Bound[], { budget }: Runtime) => {
      const what = `the first argument of ${name.toLowerCase()}()`;
      const affixes =
        affix instanceof Tuple ? affix.items.map((item) => text(item, what)) : [text(affix, what)];
      for (const item of affixes) budget.use(item.length);
      const within = part(self, start, end);
      return within !== null && affixes.some((item) => within.text[name](item));
    },
  ] as const;

const partitionMethod = (last: boolean) =>
  [
    '/ sep',
    (self: string, [separator]: Bound[], { budget }: Runtime) => {
      budget.make(self.length);
      const cut = text(separator, 'the separator of partition()');
      if (cut === '') throw runtimeError('empty separator');
      const index = last ? self.lastIndexOf(cut) : self.indexOf(cut);
      if (index < 0) return new Tuple(last ? ['', '', self] : [self, '', '']);
      return new Tuple([self.slice(0, index), cut, self.slice(index + cut.length)]);
    },
  ] as const;

const alignMethod = (how: string) =>
  [
    '/ width fillchar?',
    (self: string, [width, fill]: Bound[], runtime: Runtime) => {
      const columns = optionalInteger(width, 0);
      const character = fill === undefined ? ' ' : text(fill, 'the fill character');
      if (length(character) !== 1)
        throw runtimeError('the fill character must be exactly one character long');
      return how === '^'
        ? center(self, columns, character, runtime)
        : align(self, columns, how, character, runtime);
    },
  ] as const;

/** `str.center` puts an odd rest to the left when the width is odd. */
function center(self: string, width: number, fill: string, runtime: Runtime): string {
  const missing = width - length(self);
  const left = Math.floor(missing / 2) + (missing & width & 1);
  const start = align(self, length(self) + Math.max(0, left), '>', fill, runtime);
  return align(start, width, '<', fill, runtime);
}

const check = (test: (self: string) => boolean) =>
  [
    '/',
    (self: string, _: Bound[], { budget }: Runtime) => {
      budget.use(self.length * TESTED);
      return test(self);
    },
  ] as const;
const every = (pattern: RegExp) => check((self) => pattern.test(self));

const map = (change: (self: string) => string) =>
  [
    '/',
    (self: string, _: Bound[], { budget }: Runtime) => {
      budget.make(self.length * 2);
      return change(self);
    },
  ] as const;

export const STRING_METHODS: Methods<string> = {
  capitalize: map(capitalize),
  casefold: map(caseFold),
  center: alignMethod('^'),
  count: [
    '/ sub start? end?',
    (self, [wanted, start, end], runtime) => {
      const searched = text(wanted, 'the argument of count()');
      const within = part(self, start, end);
      if (!within) return 0n;
      return BigInt(searched === '' ? length(within.text) + 1 : countOf(within.text, searched, runtime));
    },
  ],
  endswith: affixMethod('endsWith'),
  expandtabs: [
    'tabsize?',
    (self, [size], { budget }) => {
      const columns = optionalInteger(size, 8);
      budget.fits(columns);
      budget.makeList(self.length);
      let column = 0;
      let result = '';
      for (const character of self) {
        const added =
          character === '\t' ? ' '.repeat(columns > 0 ? columns - (column % columns) : 0) : character;
        budget.make(added.length);
        result += added;
        column =
          character === '\n' || character === '\r' ? 0 : column + (character === '\t' ? added.length : 1);
      }
      return result;
    },
  ],
  find: findMethod(false, false),
  index: findMethod(false, true),
  isalnum: every(/^[\p{L}\p{N}]+$/u),
  isalpha: every(/^\p{L}+$/u),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  isascii: every(/^[\x00-\x7f]*$/),
  isdecimal: every(/^\p{Nd}+$/u),
  isdigit: every(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒]+$/u),
  isidentifier: every(/^[\p{ID_Start}_]\p{ID_Continue}*$/u),
  islower: check((self) => hasOnlyCase(self, 'toLowerCase')),
  isnumeric: every(/^[\p{N}〇一二三四五六七八九十百千万亿]+$/u),
  isprintable: every(/^[^\p{C}\p{Zl}\p{Zp}\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]*$/u),
  isspace: check(isSpace),
  istitle: check(isTitle),
  isupper: check((self) => hasOnlyCase(self, 'toUpperCase')),
  join: [
    '/ iterable',
    (self, [items], runtime) => {
      let size = 0;
      const parts = Array.from(iterate(items as Value, runtime), (item, i) => {
        const found = asText(item);
        if (found === null)
          throw runtimeError(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
        size += found.length + self.length;
        runtime.budget.fits(size);
        runtime.budget.use(found.length + self.length + 1);
        return found;
      });
      return parts.join(self);
    },
  ],
  ljust: alignMethod('<'),
  lower: map((self) => self.toLowerCase()),
  lstrip: stripMethod('lstrip', 'left'),
  partition: partitionMethod(false),
  removeprefix: [
    '/ prefix',
    (self, [prefix]) => {
      const start = text(prefix, 'the prefix');
      return self.startsWith(start) ? self.slice(start.length) : self;
    },
  ],
  removesuffix: [
    '/ suffix',
    (self, [suffix]) => {
      const end = text(suffix, 'the suffix');
      return end !== '' && self.endsWith(end) ? self.slice(0, -end.length) : self;
    },
  ],
  replace: [
    '/ old new count?',
    (self, [from, to, count], runtime) => {
      const [old, fresh] = [
        text(from, 'the first argument of replace()'),
        text(to, 'the second argument of replace()'),
      ];
      const found = countOf(self, old, runtime);
      runtime.budget.make(self.length + found * Math.max(0, fresh.length - old.length));
      return replace(self, old, fresh, optionalInteger(count, -1));
    },
  ],
  rfind: findMethod(true, false),
  rindex: findMethod(true, true),
  rjust: alignMethod('>'),
  rpartition: partitionMethod(true),
  rsplit: splitMethod(splitRight),
  rstrip: stripMethod('rstrip', 'right'),
  split: splitMethod(split),
  splitlines: [
    'keepends?',
    (self, [keepEnds], { budget }) => {
      const lines = splitLines(self, flag(keepEnds, false));
      budget.makeList(lines.length);
      return lines;
    },
  ],
  startswith: affixMethod('startsWith'),
  strip: stripMethod('strip', 'both'),
  swapcase: map(swapCase),
  title: map(title),
  translate: [
    '/ table',
    (self, [table], { budget }) => {
      if (!(table instanceof Dict)) throw runtimeError('the table of translate() must be a dict');
      budget.makeList(self.length);
      const characters = Array.from(self, (character) => {
        const changed = table.get(BigInt(character.codePointAt(0) as number));
        const shown =
          changed === undefined
            ? character
            : changed === null
              ? ''
              : typeof changed === 'bigint'
                ? String.fromCodePoint(Number(changed))
                : text(changed, 'a translation');
        budget.make(shown.length);
        return shown;
      });
      return characters.join('');
    },
  ],
  upper: map((self) => self.toUpperCase()),
  zfill: [
    '/ width',
    (self, [width], runtime) => {
      const sign = /^[-+]/.test(self) ? self[0] : '';
      return (
        sign + align(self.slice(sign.length), optionalInteger(width, 0) - sign.length, '>', '0', runtime)
      );
    },
  ],
};

/** `format` and `format_map`, whose arguments are free. */
export function formatMethod(self: string, name: string, args: Arguments, runtime: Runtime): string {
  if (name === 'format') return formatFields(self, args, runtime);
  const [mapping] = args.positional;
  if (!(mapping instanceof Dict)) throw runtimeError('format_map() needs a dict');
  const named = new Map(
    mapping
      .entries(runtime.budget)
      .flatMap(([key, value]) => (typeof key === 'string' ? [[key, value]] : [])),
  );
  return formatFields(self, { positional: [], named }, runtime);
}
