import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { add, exp, Graph, MICROSOFT, matmul, mul, relu, type Shape } from '@open-chatgpt/autodiff';
import { testValues } from '@open-chatgpt/testing';
import { freeUnusedMemory } from './free-unused-memory';
import { createHostSession, createSession, type Session } from './session';
import { Tensor } from './tensor';

const floats = (...values: number[]) => new Tensor('float32', [values.length], Float32Array.from(values));

function axpy(shape: Shape): Session {
  const graph = new Graph();
  const [x, y] = ['x', 'y'].map((name) => graph.input(name, 'float32', shape));
  graph.output('sum', add(mul(x, graph.scalar(2)), y));
  return createSession(graph);
}

/** c = aᵇ⁺¹ by repeated products: some 100 ms of work. */
function longRun(size: number, products: number) {
  const graph = new Graph();
  const a = graph.input('a', 'float32', [size, size]);
  let product = a;
  for (let i = 0; i < products; i++) product = matmul(product, a, { alpha: 1 / size });
  graph.output('c', product);
  const c = Tensor.zeros('float32', [size, size]);
  const data = testValues(size * size);
  const run = createSession(graph).bind({ a: new Tensor('float32', [size, size], data) }, { c });
  return { run, c };
}

describe('createSession', () => {
  it('lists the outputs and the inputs that they need', () => {
    const graph = new Graph();
    const x = graph.input('x', 'float32', ['n']);
    graph.input('unused', 'float32', ['n']);
    graph.output('y', exp(x));
    const session = createSession(graph);
    expect([...session.inputs.keys()]).toEqual(['x']);
    expect([...session.outputs.keys()]).toEqual(['y']);
  });

  it.each<[string, (graph: Graph) => void, RegExp]>([
    [
      'an unknown operator',
      (graph) =>
        graph.output('y', graph.node('NoSuchOp', [graph.scalar(1)], {}, [{ shape: [] }], MICROSOFT)[0]),
      /^ONNX Runtime createSessionFromArray: .*NoSuchOp/s,
    ],
    [
      'an unsupported operand type',
      (graph) => {
        const [x, ids] = [graph.input('x', 'float32', [2]), graph.input('ids', 'int64', [2])];
        graph.output('y', graph.node('Add', [x, ids], {}, [{ shape: [2] }])[0]);
      },
      /^ONNX Runtime createSessionFromArray: .*Type.*\(Add\)/s,
    ],
    [
      'an impossible shape',
      (graph) => {
        const [a, b] = [graph.input('a', 'float32', [2]), graph.input('b', 'float32', [3])];
        graph.output('y', graph.node('Add', [a, b], {}, [{ shape: [2] }])[0]);
      },
      /^ONNX Runtime createSessionFromArray: .*Incompatible dimensions/s,
    ],
  ])('reports the error of ONNX Runtime for %s', (_, build, message) => {
    const graph = new Graph();
    build(graph);
    expect(() => createHostSession(graph)).toThrow(message);
  });
});

describe('Session.bind', () => {
  const good = () => ({ x: floats(1, 2), y: floats(3, 4), sum: floats(0, 0) });

  it.each<[string, Shape, Partial<Record<string, Tensor | undefined>>, string]>([
    ['a missing input', [2], { y: undefined }, 'input "y" is not bound; it needs float32 [2]'],
    ['a missing output', [2], { sum: undefined }, 'output "sum" is not bound; it needs float32 [2]'],
    ['another size', [2], { x: floats(1, 2, 3) }, 'input "x" needs float32 [2], got float32 [3]'],
    [
      'another rank',
      [2],
      { x: Tensor.zeros('float32', [2, 1]) },
      'input "x" needs float32 [2], got float32 [2, 1]',
    ],
    ['a scalar', ['n'], { x: Tensor.zeros('float32', []) }, 'input "x" needs float32 [n], got float32 []'],
    ['another dtype', [2], { x: Tensor.zeros('int64', [2]) }, 'input "x" needs float32 [2], got int64 [2]'],
    ['an output of another size', [2], { sum: floats(0) }, 'output "sum" needs float32 [2], got float32 [1]'],
    [
      'symbolic sizes that disagree',
      ['n'],
      { y: floats(1) },
      'input "y" needs float32 [n] with n = 2, got float32 [1]',
    ],
    [
      'an output that disagrees with the inputs',
      ['n'],
      { sum: floats(0) },
      'output "sum" needs float32 [n] with n = 2, got float32 [1]',
    ],
  ])('names %s', (_, shape, changed, message) => {
    const { sum, ...inputs } = { ...good(), ...changed };
    const defined = (tensors: Record<string, Tensor | undefined>) =>
      Object.fromEntries(Object.entries(tensors).filter(([, tensor]) => tensor)) as Record<string, Tensor>;
    expect(() => axpy(shape).bind(defined(inputs), defined({ sum }))).toThrow(new Error(message));
  });

  it('names unknown inputs and outputs', () => {
    const { sum, ...inputs } = good();
    const session = axpy([2]);
    expect(() => session.bind({ ...inputs, z: sum }, { sum })).toThrow(
      new Error('the graph has no input "z"; it has x, y'),
    );
    expect(() => session.bind(inputs, { sum, y: sum })).toThrow(
      new Error('the graph has no output "y"; it has sum'),
    );
  });

  it('runs several sizes in one session with symbolic shapes', () => {
    const session = axpy(['n']);
    for (const size of [1, 5, 64]) {
      const [x, y, sum] = [testValues(size, 1), testValues(size, 2), Tensor.zeros('float32', [size])];
      session
        .bind({ x: new Tensor('float32', [size], x), y: new Tensor('float32', [size], y) }, { sum })
        .runSync();
      expect(sum.floats.every((value, i) => Math.abs(value - (2 * x[i] + y[i])) < 1e-6)).toBe(true);
    }
  });
});

describe('BoundRun', () => {
  it('reads and writes the bound memory at every run', async () => {
    const [x, y, sum] = [floats(1, 2), floats(0, 0), floats(0, 0)];
    const run = axpy([2]).bind({ x, y }, { sum });
    run.runSync();
    expect(Array.from(sum.floats)).toEqual([2, 4]);
    x.floats.fill(10);
    await run.run();
    expect(Array.from(sum.floats)).toEqual([20, 20]);
  });

  it('computes the same bits in run and runSync', async () => {
    const { run, c } = longRun(96, 3);
    run.runSync();
    const first = c.floats.slice();
    c.floats.fill(0);
    await run.run();
    expect(c.floats).toEqual(first);
    expect(first.some((value) => value !== 0)).toBe(true);
  });

  it('leaves the event loop free during run', async () => {
    const { run } = longRun(512, 24);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const before = ticks;
    let during = 0;
    try {
      await run.run();
      during = ticks - before;
    } finally {
      clearInterval(timer);
    }
    expect(during).toBeGreaterThan(2);
  });

  it('runs several at the same time', async () => {
    const session = axpy(['n']);
    const bound = Array.from({ length: 16 }, (_, i) => {
      const sum = floats(0);
      return { sum, run: session.bind({ x: floats(i), y: floats(1) }, { sum }) };
    });
    await Promise.all(bound.map(({ run }) => run.run()));
    expect(bound.map(({ sum }) => sum.floats[0])).toEqual(bound.map((_, i) => 2 * i + 1));
  });

  it('overwrites its inputs in an elementwise graph', () => {
    const size = 1000;
    const graph = new Graph();
    const [weight, velocity, gradient] = ['weight', 'velocity', 'gradient'].map((name) =>
      graph.input(name, 'float32', [size]),
    );
    const faster = add(mul(velocity, graph.scalar(0.5)), gradient);
    graph.output('new velocity', faster);
    graph.output('new weight', add(weight, mul(faster, graph.scalar(-0.25))));
    const make = (salt: number) => new Tensor('float32', [size], testValues(size, salt));
    const [w, v, g] = [make(1), make(2), make(3)];
    const wanted = { w: w.floats.slice(), v: v.floats.slice() };
    const run = createSession(graph).bind(
      { weight: w, velocity: v, gradient: g },
      { 'new weight': w, 'new velocity': v },
    );
    for (let step = 0; step < 3; step++) {
      run.runSync();
      wanted.v = wanted.v.map((value, i) => Math.fround(value * 0.5) + g.floats[i]);
      wanted.w = wanted.w.map((value, i) => value + Math.fround(wanted.v[i] * -0.25));
    }
    expect(v.floats).toEqual(wanted.v);
    expect(w.floats).toEqual(wanted.w);
  });

  describe('with garbage collected', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const turn = () => new Promise((resolve) => setImmediate(resolve));

    it('keeps its tensors after the caller drops them', async () => {
      const inputs: Record<string, Tensor> = { x: floats(1), y: floats(2) };
      const sum = floats(0);
      const run = axpy([1]).bind(inputs, { sum });
      const [bound, loose] = [new WeakRef(inputs.x), new WeakRef(floats(5))];
      delete inputs.x;
      await turn();
      collect();
      expect(bound.deref()).toBeDefined();
      // Proves that unreferenced tensors are collected.
      expect(loose.deref()).toBeUndefined();
      run.runSync();
      expect(sum.floats[0]).toBe(4);
    });

    it('does not keep the constants of its graph, which ONNX Runtime has copied', async () => {
      const create = () => {
        const graph = new Graph();
        const weights = new Float32Array(1000).fill(2);
        graph.output(
          'y',
          mul(graph.input('x', 'float32', [1000]), graph.constant('float32', [1000], weights)),
        );
        return { session: createHostSession(graph), weights: new WeakRef(weights) };
      };
      const { session, weights } = create();
      await turn();
      freeUnusedMemory();
      expect(weights.deref()).toBeUndefined();
      expect([...session.inputs.keys()]).toEqual(['x']);
    });

    it('stays alive while an unreferenced run executes', async () => {
      const start = () => {
        const { run } = longRun(512, 12);
        return { reference: new WeakRef(run), done: run.run() };
      };
      const { reference, done } = start();
      await turn();
      collect();
      expect(reference.deref()).toBeDefined();
      await done;
      await turn();
      collect();
      expect(reference.deref()).toBeUndefined();
    });
  });

  it('reports the error of ONNX Runtime for a failed run', async () => {
    const graph = new Graph();
    const table = graph.input('table', 'float32', [3]);
    const at = graph.input('at', 'int64', [1]);
    graph.output('y', relu(graph.node('Gather', [table, at], {}, [{ shape: [1] }])[0]));
    const run = createHostSession(graph).bind(
      { table: floats(1, 2, 3), at: new Tensor('int64', [1], BigInt64Array.of(7n)) },
      { y: floats(0) },
    );
    const message = /^ONNX Runtime run: .*indices element out of data bounds, idx=7/s;
    expect(() => run.runSync()).toThrow(message);
    await expect(run.run()).rejects.toThrow(message);
  });
});
