import { blocksOf, sameSharding } from './sharding';

const mesh = { data: 1, fsdp: 2, tensor: 2 };

describe('blocksOf', () => {
  it('gives each device its block; the axis tensor varies fastest', () => {
    expect(blocksOf([4, 6], { mesh, axes: [['fsdp'], ['tensor']] })).toEqual([
      { starts: [0, 0], sizes: [2, 3] },
      { starts: [0, 3], sizes: [2, 3] },
      { starts: [2, 0], sizes: [2, 3] },
      { starts: [2, 3], sizes: [2, 3] },
    ]);
  });

  it('divides one axis by several axes of the mesh', () => {
    const starts = blocksOf([8], { mesh, axes: [['tensor', 'fsdp']] }).map((block) => block.starts[0]);
    expect(starts).toEqual([0, 4, 2, 6]);
  });

  it('repeats a whole array, also a scalar', () => {
    expect(blocksOf([], { mesh, axes: [] })).toEqual(Array(4).fill({ starts: [], sizes: [] }));
  });

  it('refuses what cannot be divided', () => {
    expect(() => blocksOf([3, 4], { mesh, axes: [['fsdp'], []] })).toThrow(
      'axis 0 of [3,4] cannot be divided by 2',
    );
  });
});

describe('sameSharding', () => {
  it('compares by value, and null with null only', () => {
    const one = { mesh, axes: [['fsdp'] as const] };
    expect(sameSharding(one, { mesh: { ...mesh }, axes: [['fsdp']] })).toBe(true);
    expect(sameSharding(one, { mesh, axes: [['tensor']] })).toBe(false);
    expect(sameSharding(one, null)).toBe(false);
    expect(sameSharding(null, null)).toBe(true);
  });
});
