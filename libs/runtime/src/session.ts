import { type DType, encodeModel, formatShape, type Graph, type Shape } from '@open-chatgpt/autodiff';
import koffi from 'koffi';
import type { Pointer } from './ort/api';
import { environment } from './ort/environment';
import { selfTest } from './self-test';
import type { Tensor } from './tensor';

interface Slot {
  dtype: DType;
  shape: Shape;
}

const ALL_OPTIMIZATIONS = 99;

let tested = false;

/**
 * A graph compiled by ONNX Runtime. It holds no weights beyond the graph's constants.
 * With OPEN_CHATGPT_PROFILE=<prefix> each session writes a JSON trace of its kernels when the process ends.
 */
export class Session {
  private constructor(
    private readonly handle: Pointer,
    readonly inputs: ReadonlyMap<string, Slot>,
    readonly outputs: ReadonlyMap<string, Slot>,
  ) {
    finalized.register(this, handle);
  }

  static create(graph: Graph): Session {
    if (!tested) selfTest(Session.compile);
    tested = true;
    return Session.compile(graph);
  }

  private static compile(graph: Graph): Session {
    const { api, env, device } = environment();
    const { bytes, liveInputs } = encodeModel(graph);
    const settings = api.create('createSessionOptions');
    try {
      api.call('setGraphOptimizationLevel', settings, ALL_OPTIMIZATIONS);
      api.call('disablePerSessionThreads', settings);
      // A memory pattern reserves the memory of the whole graph in advance. Without it, memory halves at equal speed.
      api.call('disableMemPattern', settings);
      api.call('addSessionConfigEntry', settings, 'session.use_env_allocators', '1');
      device.configure(api, settings);
      const profile = process.env.OPEN_CHATGPT_PROFILE;
      if (profile) api.call('enableProfiling', settings, profile);
      const handle = api.create('createSessionFromArray', env, bytes, bytes.length, settings);
      // Releasing the session completes the trace.
      if (profile) process.on('exit', () => api.release('releaseSession', handle));
      const live = new Set(liveInputs);
      const inputs = new Map(
        graph.inputs.filter(({ name }) => live.has(name)).map((input) => [input.name, input]),
      );
      return new Session(handle, inputs, graph.outputs);
    } finally {
      api.release('releaseSessionOptions', settings);
    }
  }

  /**
   * Fixes the memory of every input and output. An output may share the memory of an input only if the graph reads each
   * element before it writes that element (elementwise updates).
   * @throws Error naming the input or output that is missing, unknown, or of the wrong dtype or shape
   */
  bind(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): BoundRun {
    const sizes = new Map<string, number>();
    checkSlots('input', this.inputs, inputs, sizes);
    checkSlots('output', this.outputs, outputs, sizes);
    return new BoundRun(this, this.handle, inputs, outputs);
  }
}

const finalized = new FinalizationRegistry<Pointer>((handle) =>
  environment().api.release('releaseSession', handle),
);

/** @param sizes the sizes of symbolic dimensions so far; each must be equal in all tensors */
function checkSlots(
  kind: string,
  slots: ReadonlyMap<string, Slot>,
  tensors: Readonly<Record<string, Tensor>>,
  sizes: Map<string, number>,
): void {
  for (const [name, slot] of slots) {
    const tensor = tensors[name];
    const needed = `${slot.dtype} ${formatShape(slot.shape)}`;
    if (!tensor) throw new Error(`${kind} "${name}" is not bound; it needs ${needed}`);
    const fits = slot.shape.every((dim, axis) => {
      const size = tensor.shape[axis];
      if (typeof dim === 'number') return dim === size;
      if (!sizes.has(dim) && size !== undefined) sizes.set(dim, size);
      return sizes.get(dim) === size;
    });
    if (tensor.dtype !== slot.dtype || tensor.shape.length !== slot.shape.length || !fits) {
      const known = slot.shape.filter((dim) => typeof dim === 'string' && sizes.has(dim));
      const where = known.length
        ? ` with ${known.map((dim) => `${dim} = ${sizes.get(String(dim))}`).join(', ')}`
        : '';
      const got = `${tensor.dtype} ${formatShape(tensor.shape)}`;
      throw new Error(`${kind} "${name}" needs ${needed}${where}, got ${got}`);
    }
  }
  for (const name of Object.keys(tensors)) {
    if (slots.has(name)) continue;
    const names = [...slots.keys()].join(', ') || 'none';
    throw new Error(`the graph has no ${kind} "${name}"; it has ${names}`);
  }
}

/** Names and values as the C API expects them. Keeps them referenced while runs may use them. */
class ArgumentList {
  readonly names: BigUint64Array;
  readonly values: BigUint64Array;
  readonly length: number;
  readonly references: unknown[];

  constructor(tensors: Readonly<Record<string, Tensor>>) {
    const entries = Object.entries(tensors);
    const values = entries.map(([, tensor]) => tensor);
    const names = entries.map(([name]) => Buffer.from(`${name}\0`));
    this.length = entries.length;
    this.names = BigUint64Array.from(names.map((name) => koffi.address(name)));
    this.values = BigUint64Array.from(values.map((tensor) => koffi.address(tensor.handle)));
    // References the tensors themselves: the caller may change the record.
    this.references = [names, values];
  }
}

const running = new Set<BoundRun>();

/** A session with fixed memory. A run is one call without marshalling. */
export class BoundRun {
  private readonly arguments: unknown[];
  readonly references: unknown[];

  constructor(
    session: Session,
    handle: Pointer,
    inputs: Record<string, Tensor>,
    outputs: Record<string, Tensor>,
  ) {
    const ins = new ArgumentList(inputs);
    const outs = new ArgumentList(outputs);
    this.references = [session, ins, outs];
    this.arguments = [handle, null, ins.names, ins.values, ins.length, outs.names, outs.length, outs.values];
  }

  /** Runs on another thread, so the event loop stays free. Do not access the bound memory until it ends. */
  async run(): Promise<void> {
    // Keeps this object and its memory alive until the run ends, even if the caller drops it.
    running.add(this);
    try {
      await environment().api.callAsync('run', ...this.arguments);
    } finally {
      running.delete(this);
    }
  }

  /** Runs on the calling thread, for work of a millisecond or less. */
  runSync(): void {
    environment().api.call('run', ...this.arguments);
  }
}
