import { Graph, mul } from '@open-chatgpt/autodiff';
import { useDevice } from '@open-chatgpt/testing';
import { createSession } from '../session';
import { deviceBytes } from '../xla/client';
import { Arena } from './arena';
import type { Parts } from './parts';

const SHAPES = [[2, 3], [4]];
const floatsOf = (parts: Parts) => Array.from(parts, (part) => [...(part as Float32Array)]);

/** Fills an arena with 1, 2, 3 … */
function fill(arena: Arena): void {
  let next = 1;
  for (const part of arena.slots)
    (part as Float32Array).set(Float32Array.from(part as Float32Array, () => next++));
}

describe.each(['cpu', 'xla:cpu:2'])('an arena on %s', (device) => {
  useDevice(device);

  it('is filled and read in order, part by part', () => {
    const arena = new Arena(SHAPES);
    expect(arena.byteLength).toBe(4 * 10);
    expect(floatsOf(arena.contents).flat()).toEqual(Array(10).fill(0));
    fill(arena);
    expect(floatsOf(arena.contents).flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(arena.tensors.map(({ floats }) => [...floats])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10],
    ]);
    arena.clear();
    expect(floatsOf(arena.contents).flat()).toEqual(Array(10).fill(0));
  });
});

describe('an arena on a device', () => {
  useDevice('xla:cpu:2');

  it('goes to its devices part by part, divided, and is read without leaving them', () => {
    const before = deviceBytes();
    const grown = () => deviceBytes().map((bytes, device) => bytes - before[device]);
    const arena = new Arena(SHAPES);
    const mesh = { data: 1, fsdp: 2, tensor: 1 };
    arena.tensors[0].shard({ mesh, axes: [['fsdp'], []] });
    arena.tensors[1].shard({ mesh, axes: [[]] });
    const seen: number[] = [];
    for (const part of arena.slots) {
      seen.push(grown()[0]);
      (part as Float32Array).fill(1);
    }
    // Half of the first tensor is on each device when the second is filled.
    expect(seen).toEqual([0, 12]);
    expect(grown()).toEqual([12 + 16, 12 + 16]);
    expect(floatsOf(arena.contents).flat()).toEqual(Array(10).fill(1));
    expect(grown()).toEqual([28, 28]);
    // One part is in our memory at a time: each read copies it there again.
    expect(arena.tensors[0].read()).not.toBe(arena.tensors[0].read());
  });

  it.each([
    ['device', 24],
    ['host', 0],
  ] as const)('stays where its home is: %s', (home, bytes) => {
    // Without a pause in which the garbage collector frees arrays of other specs.
    const arena = new Arena([[2, 3]], home);
    fill(arena);
    const graph = new Graph();
    const x = graph.input('x', 'float32', [2, 3]);
    graph.output('y', mul(x, x));
    const before = deviceBytes()[0] - bytes;
    const [tensor] = arena.tensors;
    const run = createSession(graph).bind({ x: tensor }, { y: tensor });
    run.runSync();
    expect(deviceBytes()[0] - before).toBe(bytes);
    run.runSync();
    expect(deviceBytes()[0] - before).toBe(bytes);
    expect([...tensor.floats]).toEqual([1, 16, 81, 256, 625, 1296]);
  });
});
