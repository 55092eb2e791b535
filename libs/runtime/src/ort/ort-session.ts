import { encodeModel, type Graph } from '@open-chatgpt/autodiff';
import koffi from 'koffi';
import { bindingSizes, type Slots, slotsOf } from '../bindings';
import { selfTest } from '../self-test';
import type { BoundRun, Session } from '../session';
import type { Tensor } from '../tensor';
import type { Pointer } from './api';
import { environment } from './environment';

const ALL_OPTIMIZATIONS = 99;

let tested = false;

/**
 * A graph compiled by ONNX Runtime. It holds no weights beyond the graph's constants.
 * With OPEN_CHATGPT_PROFILE=<prefix> each session writes a JSON trace of its kernels when the process ends.
 */
export class OrtSession implements Session {
  private constructor(
    private readonly handle: Pointer,
    readonly inputs: Slots,
    readonly outputs: Slots,
  ) {
    finalized.register(this, handle);
  }

  static create(graph: Graph): OrtSession {
    if (!tested) selfTest(OrtSession.compile);
    tested = true;
    return OrtSession.compile(graph);
  }

  private static compile(graph: Graph): OrtSession {
    const { api, env } = environment();
    const { bytes, liveInputs } = encodeModel(graph);
    const settings = api.create('createSessionOptions');
    try {
      api.call('setGraphOptimizationLevel', settings, ALL_OPTIMIZATIONS);
      api.call('disablePerSessionThreads', settings);
      // A memory pattern reserves the memory of the whole graph in advance. Without it, memory halves at equal speed.
      api.call('disableMemPattern', settings);
      api.call('addSessionConfigEntry', settings, 'session.use_env_allocators', '1');
      const profile = process.env.OPEN_CHATGPT_PROFILE;
      if (profile) api.call('enableProfiling', settings, profile);
      const handle = api.create('createSessionFromArray', env, bytes, bytes.length, settings);
      // Releasing the session completes the trace.
      if (profile) process.on('exit', () => api.release('releaseSession', handle));
      const live = new Set(liveInputs);
      const inputs = graph.inputs.filter(({ name }) => live.has(name));
      return new OrtSession(
        handle,
        slotsOf(inputs.map((input) => [input.name, input])),
        slotsOf(graph.outputs),
      );
    } finally {
      api.release('releaseSessionOptions', settings);
    }
  }

  bind(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): BoundRun {
    bindingSizes(this, inputs, outputs);
    return new OrtRun(this, this.handle, inputs, outputs);
  }
}

const finalized = new FinalizationRegistry<Pointer>((handle) =>
  environment().api.release('releaseSession', handle),
);

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

const running = new Set<OrtRun>();

/** A run is one call without marshalling. */
class OrtRun implements BoundRun {
  private readonly arguments: unknown[];
  private readonly tensors: readonly Tensor[];
  readonly references: unknown[];

  constructor(
    session: OrtSession,
    handle: Pointer,
    inputs: Record<string, Tensor>,
    outputs: Record<string, Tensor>,
  ) {
    const ins = new ArgumentList(inputs);
    const outs = new ArgumentList(outputs);
    this.references = [session, ins, outs];
    this.tensors = [...Object.values(inputs), ...Object.values(outputs)];
    this.arguments = [handle, null, ins.names, ins.values, ins.length, outs.names, outs.length, outs.values];
  }

  async run(): Promise<void> {
    this.toHost();
    // Keeps this object and its memory alive until the run ends, even if the caller drops it.
    running.add(this);
    try {
      await environment().api.callAsync('run', ...this.arguments);
    } finally {
      running.delete(this);
    }
  }

  runSync(): void {
    this.toHost();
    environment().api.call('run', ...this.arguments);
  }

  /** Weights may be on a device: another session trains them there. */
  private toHost(): void {
    for (const tensor of this.tensors) tensor.toHost();
  }
}
