import type { DedupOptions } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { createDuplicates } from './duplicates';
import { createMinHash, estimateJaccard } from './minhash';
import { candidateProbability } from './options';
import { normalizeForComparison, numbersHash, shingleHashes } from './shingles';

const rng = createRng(3);
/** A made-up word. */
const letters = (count: number) =>
  (rng.int(26 ** 5) + 26 ** 5)
    .toString(26)
    .repeat(2)
    .slice(0, count)
    .replace(/\d/g, (digit) => 'qrstuvwxyz'[+digit]);
const sentence = (words: number) => Array.from({ length: words }, () => letters(6));

/** Numbers of the texts that were found to repeat another. */
function repeated(texts: readonly string[], options?: DedupOptions): [number, string, number][] {
  const duplicates = createDuplicates(options);
  return texts.flatMap((text, row) => {
    const found = duplicates.check(text, { source: 0, row });
    return found ? [[row, found.dropped, found.of.row] as [number, string, number]] : [];
  });
}

/** The Jaccard similarity of two texts' shingles, by its definition and from strings. */
function jaccard(a: string, b: string): number {
  const shingles = (text: string) => {
    const words = text.toLowerCase().match(/\p{Script=Han}|[a-z0-9]+/gu) ?? [];
    return new Set(words.slice(2).map((_, i) => words.slice(i, i + 3).join(' ')));
  };
  const [x, y] = [shingles(a), shingles(b)];
  const shared = [...x].filter((shingle) => y.has(shingle)).length;
  return shared / (x.size + y.size - shared);
}

describe('shingles', () => {
  it.each([
    ['one two three four', 3, 2],
    ['one two', 3, 1],
    ['', 3, 0],
    ['... !?', 3, 0],
    ['请写一首诗', 3, 3],
    ['用Python写', 3, 1],
    ['😀😀', 1, 4],
  ])('%p by %p: %p shingles', (text, size, count) => {
    expect(shingleHashes(normalizeForComparison(text), size).length).toBe(count);
  });

  it('ignore case, width, white space and punctuation, and keep the order', () => {
    const hashes = (text: string) => [...shingleHashes(normalizeForComparison(text), 3)];
    expect(hashes('Hello,  WORLD and\nall!')).toEqual(hashes('hello world ａｎｄ all'));
    expect(hashes('a b c')).not.toEqual(hashes('c b a'));
    expect(normalizeForComparison('  Ａ\t b\n')).toBe('a b');
  });

  it('numbers count in their order', () => {
    const hash = (text: string) => numbersHash(normalizeForComparison(text));
    expect(hash('add 3 and 14')).toBe(hash('ADD ３, 14!'));
    expect(hash('add 14 and 3')).not.toBe(hash('add 3 and 14'));
    expect(hash('1 2')).not.toBe(hash('12'));
  });
});

describe('MinHash', () => {
  const minHash = createMinHash(256);
  const sign = (set: Iterable<number>) => {
    const out = new Uint8Array(256);
    minHash.sign(Uint32Array.from(set), out);
    return out;
  };

  it.each([0, 0.2, 0.5, 0.8, 0.95, 1])('estimates a true Jaccard similarity of %p', (wanted) => {
    let error = 0;
    for (let trial = 0; trial < 20; trial++) {
      const shared = Array.from({ length: Math.round(200 * wanted) }, () => rng.int(2 ** 32));
      const rest = () => Array.from({ length: (200 - shared.length) / 2 }, () => rng.int(2 ** 32));
      const [a, b] = [sign([...shared, ...rest()]), sign([...rest(), ...shared])];
      const truth = shared.length / (shared.length + 2 * Math.floor((200 - shared.length) / 2));
      error += (estimateJaccard(a.filter((byte, i) => byte === b[i]).length, 256) - truth) / 20;
    }
    // Four standard errors of the mean of 20 estimates from 256 hashes.
    expect(Math.abs(error)).toBeLessThan(4 * Math.sqrt(0.25 / 256 / 20));
  });

  it('ignores order and repetition', () => {
    expect(sign([1, 2, 3])).toEqual(sign([3, 1, 2, 2, 1]));
  });
});

describe('createDuplicates', () => {
  it('finds duplicates in English and Chinese, with their originals', () => {
    const texts = [
      'What is the capital of France?',
      '法国的首都是哪里？',
      'what is the  CAPITAL of France?',
      '法国的首都是哪里？',
    ];
    expect(repeated(texts)).toEqual([
      [2, 'exactDuplicate', 0],
      [3, 'exactDuplicate', 1],
    ]);
    expect(repeated(texts, { exact: false, near: false })).toEqual([]);
  });

  it.each<[string, string, string, boolean]>([
    ['a longer English text with one word changed', sentence(60).join(' '), 'elephant', true],
    [
      'a Chinese text with one character changed',
      '请用三句话介绍一下人工智能在医疗领域的应用，并举出两个具体的例子来说明它如何帮助医生提高诊断的准确率以及减轻他们日常工作的负担',
      '象',
      true,
    ],
    ['a short question about something else', 'What is the capital of France?', 'Poland', false],
    ['a short Chinese question about something else', '法国的首都是哪里', '德', false],
  ])('%s', (_, text, other, near) => {
    const words = /\p{Script=Han}/u.test(text) ? [...text] : text.split(' ');
    const changed = words.map((word, i) => (i === (near ? 30 : words.length === 8 ? 0 : 5) ? other : word));
    const separator = words.length === text.length ? '' : ' ';
    expect(repeated([text, changed.join(separator)]).length).toBe(near ? 1 : 0);
  });

  it('agrees with the true similarity: finds pairs above the threshold, and none below', () => {
    let missed = 0;
    let close = 0;
    for (let trial = 0; trial < 400; trial++) {
      const words = sentence(80);
      const edits = rng.int(16);
      const edited = [...words];
      for (let edit = 0; edit < edits; edit++) edited[rng.int(80)] = letters(7);
      const [a, b] = [words.join(' '), edited.join(' ')];
      const truth = jaccard(a, b);
      const found = repeated([a, b], { threshold: 0.8 }).length > 0;
      // 112 hashes have a standard error of 0.04.
      if (truth < 0.66) expect([truth, found]).toEqual([truth, false]);
      if (truth >= 0.9) {
        close++;
        if (!found) missed++;
      }
    }
    expect(close).toBeGreaterThan(50);
    expect(missed / close).toBeLessThan(0.03);
  });

  it('finds no duplicate among many different texts', () => {
    const texts = Array.from({ length: 3000 }, (_, i) =>
      i % 2
        ? sentence(12 + rng.int(30)).join(' ')
        : `Write a poem about ${letters(5)} and ${sentence(6).join(' ')}.`,
    );
    expect(repeated(texts)).toEqual([]);
  });

  it('distinguishes exercises by their numbers, unless sameNumbers is false', () => {
    const task = (n: number) =>
      `A train leaves the station at ${n} o'clock and travels to the coast at the same speed all the way without any stop until it arrives in the evening; how far is the coast from the station in kilometres?`;
    expect(repeated([task(3), task(4)])).toEqual([]);
    expect(repeated([task(3), task(4)], { sameNumbers: false })).toEqual([[1, 'nearDuplicate', 0]]);
  });

  it('distinguishes the inputs of one long instruction, and finds a repeated input', () => {
    const instruction = sentence(80).join(' ');
    const input = sentence(30);
    const duplicates = createDuplicates();
    const check = (text: string, fixed: string) =>
      duplicates.check(text, { source: 0, row: 0 }, fixed)?.dropped;
    expect(check(input.join(' '), instruction)).toBeUndefined();
    expect(check(sentence(5).join(' '), instruction)).toBeUndefined();
    expect(check(input.join(' '), `${instruction} again`)).toBeUndefined();
    expect(check(input.join(', '), instruction)).toBe('nearDuplicate');
    expect(check(input.join(' '), instruction)).toBe('exactDuplicate');
  });

  it('compares texts without words only exactly', () => {
    expect(repeated(['?!', '...', '?!'])).toEqual([[2, 'exactDuplicate', 0]]);
  });

  it('discards the oldest entries when its memory is full, and keeps at least half', () => {
    const memoryMiB = 0.05;
    const duplicates = createDuplicates({ near: false, memoryMiB });
    const texts = Array.from({ length: 6000 }, (_, i) => `text ${i}`);
    texts.forEach((text, row) => {
      expect(duplicates.check(text, { source: 1, row })).toBeNull();
    });
    const [{ window }] = duplicates.journaled;
    expect(window.added).toBe(6000);
    expect(window.forgotten).toBeGreaterThan(0);
    expect(duplicates.check('text 5999', { source: 1, row: 9 })?.of).toEqual({ source: 1, row: 5999 });
    expect(duplicates.check(texts[6000 - window.half], { source: 1, row: 9 })).not.toBeNull();
    expect(duplicates.check('text 0', { source: 1, row: 9 })).toBeNull();
  });

  it.each([50, 2100])(
    'continues from its journal after %p of 4000 texts as if it had not stopped',
    (stop) => {
      const options = { memoryMiB: 0.2 };
      const texts = Array.from(
        { length: 4000 },
        () => `text ${rng.int(3000)} ${sentence(2).join(' ').slice(0, 1)}`,
      );
      const unbroken = createDuplicates(options);
      const wanted = texts.map((text, row) => unbroken.check(text, { source: 0, row }));
      const first = createDuplicates(options);
      const found = texts.slice(0, stop).map((text, row) => first.check(text, { source: 0, row }));
      const second = createDuplicates(options);
      second.journaled.forEach(({ window }, i) => {
        const entries = first.journaled[i].takeAdded();
        window.restore(first.journaled[i].window.added, (from, count) => entries.slice(from, from + count));
      });
      found.push(...texts.slice(stop).map((text, i) => second.check(text, { source: 0, row: stop + i })));
      expect(found).toEqual(wanted);
      second.journaled.forEach(({ window }, i) => {
        expect(window.forgotten).toBe(unbroken.journaled[i].window.forgotten);
      });
    },
  );

  it.each<[DedupOptions, RegExp]>([
    [{ numHashes: 100, bands: 14 }, /multiple of bands/],
    [{ threshold: 0 }, /threshold/],
    [{ threshold: 1.2 }, /threshold/],
    [{ shingleSize: 0 }, /shingleSize/],
    [{ memoryMiB: -1 }, /memoryMiB/],
    [{ tresholds: 0.8 } as DedupOptions, /tresholds/],
  ])('refuses %p', (options, message) => {
    expect(() => createDuplicates(options)).toThrow(message);
  });
});

it('candidateProbability is the S-curve of banding', () => {
  expect(candidateProbability(0.8, 112, 14)).toBeCloseTo(0.9235, 3);
  expect(candidateProbability(1, 112, 14)).toBe(1);
  expect(candidateProbability(0.3, 112, 14)).toBeLessThan(0.001);
});
