import { BYTES_PER_ELEMENT, type DType } from '@open-chatgpt/autodiff';
import { allocate, Tensor } from './tensor';

describe('allocate', () => {
  it.each(Object.entries(BYTES_PER_ELEMENT))('allocates shared arrays of %s', (dtype, bytes) => {
    const array = allocate(dtype as DType, 3);
    expect([array.length, array.BYTES_PER_ELEMENT]).toEqual([3, bytes]);
    expect(Object.prototype.toString.call(array.buffer)).toBe('[object ArrayBuffer]');
    expect(() => new Tensor(dtype as DType, [3], array)).not.toThrow();
  });
});

describe('Tensor', () => {
  it.each<[DType, number[], ConstructorParameters<typeof Tensor>[2], string]>([
    [
      'float32',
      [2, 2],
      new Float32Array(3),
      'tensor float32 [2, 2] needs a Float32Array of 4 elements, got a Float32Array of 3',
    ],
    [
      'float32',
      [2],
      new Int32Array(2),
      'tensor float32 [2] needs a Float32Array of 2 elements, got a Int32Array of 2',
    ],
    [
      'int64',
      [],
      new Float32Array(1),
      'tensor int64 [] needs a BigInt64Array of 1 elements, got a Float32Array of 1',
    ],
    ['bool', [1], new Int8Array(1), 'tensor bool [1] needs a Uint8Array of 1 elements, got a Int8Array of 1'],
  ])('refuses %s %j over other data', (dtype, shape, data, message) => {
    expect(() => new Tensor(dtype, shape, data)).toThrow(new Error(message));
  });

  it('returns its elements in their dtype', () => {
    const x = Tensor.zeros('float32', [2, 3]);
    expect(x.floats).toHaveLength(6);
    expect(() => x.int64s).toThrow('tensor is float32, not int64');
    expect(Tensor.zeros('int64', [1]).int64s[0]).toBe(0n);
    expect(Tensor.zeros('int32', [1]).int32s[0]).toBe(0);
    expect(() => Tensor.zeros('int32', [1]).floats).toThrow('tensor is int32, not float32');
  });

  it('may have no elements', () => {
    expect(Tensor.zeros('float32', [0, 3]).floats).toHaveLength(0);
  });
});
