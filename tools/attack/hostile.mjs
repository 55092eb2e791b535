/** Makes hostile inputs out of valid ones. All functions take a source of numbers in [0, 1), so that a seed repeats a run. */

/** Texts that break what forgets about them: escapes, reserved names, numbers out of range, halves of characters. */
const FRAGMENTS = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'true', '', ' ', '\t', '\n', '\r\n'],
  ...['-1', '0', '1e308', '-1e309', '9007199254740993', '4294967295', '2147483648', '1e-320', 'NaN', '.inf'],
  ...['\u0000', '\u001b[2J', '\u202e', '\ud800', '\ufeff', '\u0085', '🧨', 'ﷺ', '\u0301'],
  ...[
    '../../../../etc/passwd',
    '/proc/self/environ',
    '/dev/zero',
    'file:///etc/passwd',
    's3://x/y',
    'http://[::1]',
  ],
  ...['{{', '{%', '%}', '}}', '$(id)', '`id`', '<script>', '"', "'", '\\', '*a', '&a', '!!js', '- ', '? '],
  ...['[', '{', '(', '<', ']]]]', '}}}}', '[{"a":', '"\\', ': ', '| ', '# ', '%00', '%ff', ';', ','],
];
const REPEATS = [2, 17, 255, 1000, 4096, 20_000];
const MOST_BYTES = 400_000;

/** @returns {Buffer} `seed` after one to three changes */
export function mutate(seed, random) {
  let bytes = Buffer.from(seed);
  const changes = 1 + Math.floor(random() * 3);
  for (let i = 0; i < changes; i++) bytes = pick(CHANGES, random)(bytes, random).subarray(0, MOST_BYTES);
  return bytes;
}

/** @returns one element of the list */
export function pick(list, random) {
  return list[Math.floor(random() * list.length)];
}

const place = (bytes, random) => Math.floor(random() * (bytes.length + 1));
const spliced = (bytes, at, removed, inserted) =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
/** A span that tends to be a word or a value. */
function span(bytes, random) {
  const from = place(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + Math.floor(random() * random() * 40))];
}

const CHANGES = [
  function flipBit(bytes, random) {
    if (bytes.length === 0) return bytes;
    const changed = Buffer.from(bytes);
    changed[Math.floor(random() * bytes.length)] ^= 1 << Math.floor(random() * 8);
    return changed;
  },
  function cut(bytes, random) {
    return bytes.subarray(0, place(bytes, random));
  },
  function removeSpan(bytes, random) {
    const [from, to] = span(bytes, random);
    return spliced(bytes, from, to - from, Buffer.alloc(0));
  },
  function repeatSpan(bytes, random) {
    const [from, to] = span(bytes, random);
    const times = Math.min(pick(REPEATS, random), Math.ceil(MOST_BYTES / Math.max(1, to - from)));
    return spliced(bytes, from, 0, Buffer.concat(Array(times).fill(bytes.subarray(from, to))));
  },
  function repeatFragment(bytes, random) {
    const text = pick(FRAGMENTS, random);
    return spliced(bytes, place(bytes, random), 0, Buffer.from(text.repeat(pick(REPEATS, random))));
  },
  function insertFragment(bytes, random) {
    return spliced(bytes, place(bytes, random), 0, Buffer.from(pick(FRAGMENTS, random)));
  },
  function replaceWord(bytes, random) {
    const words = [...bytes.toString('latin1').matchAll(/[\w.-]+/g)];
    if (words.length === 0) return bytes;
    const word = pick(words, random);
    return spliced(bytes, word.index, word[0].length, Buffer.from(pick(FRAGMENTS, random)));
  },
  function largeNumber(bytes, random) {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const number = pick(numbers, random);
    const digits = `${'9'.repeat(1 + Math.floor(random() * 20))}`;
    return spliced(bytes, number.index, number[0].length, Buffer.from(digits));
  },
  function noise(bytes, random) {
    const made = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 16) }, () => random() * 256));
    return spliced(bytes, place(bytes, random), Math.floor(random() * 16), made);
  },
];
