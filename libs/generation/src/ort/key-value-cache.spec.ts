import { KeyValueCache } from './key-value-cache';

const CONFIG = { numHiddenLayers: 2, numKeyValueHeads: 2, headDim: 3 };

/** Fills the cache so that every element encodes its place: layer and kind, row, head, position, dimension. */
function filled(rows: number, length: number): KeyValueCache {
  const cache = new KeyValueCache(CONFIG, rows, length);
  Object.entries(cache.bindings(0, rows).past).forEach(([, tensor], buffer) => {
    for (let i = 0; i < tensor.floats.length; i++) {
      const perRow = 2 * length * 3;
      const [row, rest] = [Math.floor(i / perRow), i % perRow];
      const [head, within] = [Math.floor(rest / (length * 3)), rest % (length * 3)];
      tensor.floats[i] = buffer * 1e4 + row * 1e3 + head * 100 + within;
    }
  });
  return cache;
}

describe('KeyValueCache', () => {
  it('holds keys and values of every layer, once for input and output', () => {
    const cache = new KeyValueCache(CONFIG, 4, 8);
    expect(cache.bytes).toBe(2 * 2 * (4 * 2 * 8 * 3) * 4);
    const { past, present } = cache.bindings(1, 2);
    expect(Object.keys(past)).toEqual(['pastKey.0', 'pastValue.0', 'pastKey.1', 'pastValue.1']);
    expect(Object.keys(present)).toEqual([
      'presentKey.0',
      'presentValue.0',
      'presentKey.1',
      'presentValue.1',
    ]);
    expect(present['presentValue.1']).toBe(past['pastValue.1']);
    expect(past['pastKey.0'].shape).toEqual([2, 2, 8, 3]);
  });

  it('binds a range of rows to their part of the memory', () => {
    const cache = filled(4, 8);
    const [first] = Object.values(cache.bindings(2, 1).past);
    expect(first.floats[0]).toBe(2000);
    first.floats[0] = -1;
    expect(cache.bindings(0, 4).past['pastKey.0'].floats[2 * 2 * 8 * 3]).toBe(-1);
  });

  it('copies only the tokens of a row', () => {
    const cache = filled(3, 4);
    cache.copyRow(2, 0, 3);
    const [, , , value] = Object.values(cache.bindings(0, 1).past);
    const expected = [0, 100].flatMap((head) =>
      Array.from({ length: 12 }, (_, i) => 3e4 + (i < 9 ? 2000 : 0) + head + i),
    );
    expect(Array.from(value.floats)).toEqual(expected);
  });

  it('copies from a shorter cache', () => {
    const cache = new KeyValueCache(CONFIG, 2, 6);
    cache.copyRow(1, 1, 2, filled(2, 4));
    const [key] = Object.values(cache.bindings(1, 1).past);
    const head = (offset: number) => [
      ...Array.from({ length: 6 }, (_, i) => 1000 + offset + i),
      ...new Array(12).fill(0),
    ];
    expect(Array.from(key.floats)).toEqual([...head(0), ...head(100)]);
  });

  it('reports the requested size', () => {
    expect(() => new KeyValueCache(CONFIG, 1e7, 1e9)).toThrow(
      /not enough memory for a key-value cache of \d+\.\d GB \(10000000 rows of 1000000000 tokens\); lower batchSize/,
    );
  });
});
