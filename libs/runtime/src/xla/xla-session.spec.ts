import { spawnSync } from 'node:child_process';
import { add, Graph, matmul, mul, scale, sub, writeAt } from '@open-chatgpt/autodiff';
import { testValues, useDevice } from '@open-chatgpt/testing';
import { createHostSession } from '../session';
import type { Sharding } from '../sharding';
import { Tensor } from '../tensor';
import { PjrtApi } from './pjrt-api';
import { XlaSession } from './xla-session';

useDevice('xla:cpu:4');

const tensor = (shape: number[], salt: number) => {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return new Tensor('float32', shape, testValues(size, salt));
};

const mesh = { data: 1, fsdp: 2, tensor: 2 };

/** w ← w − 0.5 g, m ← m + g. */
function updateGraph(shape: number[]): Graph {
  const graph = new Graph();
  const [w, m, g] = ['w', 'm', 'g'].map((name) => graph.input(name, 'float32', shape));
  graph.output('newW', sub(w, scale(g, 0.5)));
  graph.output('newM', add(m, g));
  return graph;
}

describe('XlaSession', () => {
  it('updates tensors where they are, run after run, until somebody reads them', async () => {
    const [w, m, g] = [tensor([2, 3], 1), tensor([2, 3], 2), tensor([2, 3], 3)];
    const start = w.floats.slice();
    const run = XlaSession.create(updateGraph([2, 3])).bind({ w, m, g }, { newW: w, newM: m });
    await run.run();
    run.runSync();
    const expected = start.map((value, i) => value - g.floats[i]);
    expect(Array.from(w.floats, (value, i) => value - expected[i])).toEqual(
      expect.arrayContaining([expect.closeTo(0, 6)]),
    );
    // What is written between two runs counts.
    w.floats.fill(1);
    await run.run();
    expect(w.floats[0]).toBeCloseTo(1 - 0.5 * g.floats[0], 6);
  });

  it('writes values at places of a tensor, in place, and leaves out those outside', () => {
    const graph = new Graph();
    const cache = graph.input('cache', 'float32', [2, 2, 4]);
    const [rows, columns] = ['rows', 'columns'].map((name) => graph.input(name, 'int64', [3]));
    const values = graph.input('values', 'float32', [3, 2]);
    graph.output('new', writeAt(cache, [0, 2], [rows, columns], values));
    const int64s = (...numbers: number[]) =>
      new Tensor('int64', [numbers.length], BigInt64Array.from(numbers, BigInt));
    const kept = Tensor.zeros('float32', [2, 2, 4]);
    XlaSession.create(graph)
      .bind(
        {
          cache: kept,
          rows: int64s(1, 0, 2),
          columns: int64s(3, 4, 0),
          values: new Tensor('float32', [3, 2], Float32Array.of(5, 6, 7, 8, 9, 10)),
        },
        { new: kept },
      )
      .runSync();
    expect([...kept.floats]).toEqual([...Array<number>(8).fill(0), 0, 0, 0, 5, 0, 0, 0, 6]);
  });

  it('shares tensors with sessions of ONNX Runtime', async () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', [4]);
    graph.output('y', mul(x, x));
    const [x1, y1, z1] = [tensor([4], 1), Tensor.zeros('float32', [4]), Tensor.zeros('float32', [4])];
    await XlaSession.create(graph).bind({ x: x1 }, { y: y1 }).run();
    await createHostSession(graph).bind({ x: y1 }, { y: z1 }).run();
    expect(z1.floats).toEqual(x1.floats.map((value) => Math.fround(value * value) ** 2));
  });

  it.each<[string, Sharding['axes']]>([
    ['rows', [['fsdp', 'tensor'], []]],
    ['columns', [[], ['tensor']]],
    ['both', [['fsdp'], ['tensor']]],
    ['nothing', [[], []]],
  ])('computes the same with %s divided over four devices', async (_, axes) => {
    const graph = new Graph();
    const [x, w] = [graph.input('x', 'float32', [8, 4]), graph.input('w', 'float32', [4, 8])];
    graph.output('y', matmul(x, w));
    const [a, b] = [tensor([8, 4], 1), tensor([4, 8], 2)];
    const [expected, y] = [Tensor.zeros('float32', [8, 8]), Tensor.zeros('float32', [8, 8])];
    await createHostSession(graph).bind({ x: a, w: b }, { y: expected }).run();
    for (const each of [a, b, y]) each.shard({ mesh, axes });
    await XlaSession.create(graph).bind({ x: a, w: b }, { y }).run();
    y.floats.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.floats[i], 5);
    });
  });

  it.each([1, 16])(
    'rounds what it multiplies to bfloat16, in products of any size: %i rows',
    async (rows) => {
      const graph = new Graph();
      graph.matmulType = 'bfloat16';
      graph.output('y', matmul(graph.input('x', 'float32', [rows, 4]), graph.input('w', 'float32', [4, 1])));
      // bfloat16 has 8 bits: 1 + 2⁻⁹ becomes 1, 1 + 3 · 2⁻⁸ becomes 1 + 2⁻⁶.
      const x = new Tensor('float32', [rows, 4], new Float32Array(4 * rows).fill(1 + 2 ** -9));
      const w = new Tensor('float32', [4, 1], Float32Array.of(1, 2, 1 + 3 * 2 ** -8, 0));
      const y = Tensor.zeros('float32', [rows, 1]);
      await XlaSession.create(graph).bind({ x, w }, { y }).run();
      expect([...y.floats]).toEqual(new Array(rows).fill(4 + 2 ** -6));
    },
  );

  it('needs a quarter of the memory on each of four devices', () => {
    const shape = [64, 64];
    const bytes = (axes: Sharding['axes']) => {
      const [w, m, g] = [tensor(shape, 1), tensor(shape, 2), tensor(shape, 3)];
      for (const each of [w, m, g]) each.shard({ mesh, axes });
      return XlaSession.create(updateGraph(shape)).bind({ w, m, g }, { newW: w, newM: m }).memoryUse();
    };
    const [whole, divided] = [bytes([[], []]), bytes([['fsdp'], ['tensor']])];
    expect(whole.argument).toBe(3 * 64 * 64 * 4);
    expect(divided.argument).toBe(whole.argument / 4);
    // Both updated tensors overwrite their memory.
    expect(divided.alias).toBe((2 * 64 * 64 * 4) / 4);
  });

  it('refuses tensors on different meshes', () => {
    const [w, m, g] = [tensor([4, 4], 1), tensor([4, 4], 2), tensor([4, 4], 3)];
    w.shard({ mesh, axes: [['fsdp'], []] });
    m.shard({ mesh: { data: 4, fsdp: 1, tensor: 1 }, axes: [[], []] });
    expect(() => XlaSession.create(updateGraph([4, 4])).bind({ w, m, g }, { newW: w, newM: m })).toThrow(
      '"w" lies on the mesh {"data":1,"fsdp":2,"tensor":2} and "m" on {"data":4,"fsdp":1,"tensor":1}',
    );
  });

  it('leaves no crash behind when the process ends', () => {
    const program = `
      const { createSession, Tensor } = require('@open-chatgpt/runtime');
      const { Graph, exp } = require('@open-chatgpt/autodiff');
      const graph = new Graph();
      graph.output('y', exp(graph.input('x', 'float32', [1])));
      const y = Tensor.zeros('float32', [1]);
      createSession(graph).bind({ x: Tensor.zeros('float32', [1]) }, { y }).runSync();
      console.log(y.floats[0]);`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      cwd: __dirname,
      encoding: 'utf8',
      env: { ...process.env, OPEN_CHATGPT_DEVICE: 'xla:cpu' },
    });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '1\n', stderr: '' });
  });
});

describe('programs over several devices at once', () => {
  /** A product whose columns are divided, so that the devices exchange parts of its result. */
  const start = (salt: number, width: number) => {
    const graph = new Graph();
    const [a, b] = ['a', 'b'].map((name) => graph.input(name, 'float32', [width, width]));
    graph.output('c', matmul(a, b));
    const [x, y, z] = [
      tensor([width, width], salt),
      tensor([width, width], salt + 1),
      tensor([width, width], 0),
    ];
    x.shard({ mesh, axes: [[], ['fsdp', 'tensor']] });
    const run = XlaSession.create(graph).bind({ a: x, b: y }, { c: z });
    return async () => {
      await run.run();
      return z.floats.slice();
    };
  };

  it('are launched one after the other, and have the results that each has alone', async () => {
    const [first, second] = [start(1, 8), start(3, 12)];
    const alone = [await first(), await second()];
    let [inFlight, most] = [0, 0];
    const original = PjrtApi.prototype.callAsync;
    const spy = jest.spyOn(PjrtApi.prototype, 'callAsync').mockImplementation(async function (
      this: PjrtApi,
      name,
      args,
    ) {
      const launches = name === 'loadedExecutableExecute' ? 1 : 0;
      inFlight += launches;
      most = Math.max(most, inFlight);
      const result = await original.call(this, name, args);
      inFlight -= launches;
      return result;
    });
    for (let turn = 0; turn < 5; turn++) expect(await Promise.all([first(), second()])).toEqual(alone);
    expect(spy).toHaveBeenCalled();
    spy.mockRestore();
    expect(most).toBe(1);
  });
});

describe('PjrtApi', () => {
  it('names a library that is no plugin', () => {
    expect(() => new PjrtApi('libc.so.6')).toThrow(/^libc\.so\.6 is no XLA plugin: /);
    expect(() => new PjrtApi(__filename)).toThrow(`cannot load the XLA plugin from ${__filename}: `);
  });
});
