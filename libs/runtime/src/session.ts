import type { Graph } from '@open-chatgpt/autodiff';
import type { Bindings, Slots } from './bindings';
import { currentDevice } from './device';
import { OrtSession } from './ort/ort-session';
import { XlaSession } from './xla/xla-session';

/** A compiled graph. It holds no weights beyond the graph's constants. */
export interface Session {
  readonly inputs: Slots;
  readonly outputs: Slots;
  /**
   * Fixes the memory of every input and output. An output may share the memory of an input only if the graph reads each
   * element before it writes that element (elementwise updates).
   * @throws Error naming the input or output that is missing, unknown, or of the wrong dtype or shape
   */
  bind(inputs: Bindings, outputs: Bindings): BoundRun;
}

/** A session with fixed memory. */
export interface BoundRun {
  /** Runs on another thread, so the event loop stays free. Do not access the bound memory until it ends. */
  run(): Promise<void>;
  /** Runs on the calling thread, for work of a millisecond or less. */
  runSync(): void;
}

/** Compiles a graph for the device that OPEN_CHATGPT_DEVICE names. */
export function createSession(graph: Graph): Session {
  return currentDevice().engine === 'xla' ? XlaSession.create(graph) : OrtSession.create(graph);
}

/**
 * Compiles a graph for ONNX Runtime on this machine's CPU, on every device. Its symbolic dimensions may have another size
 * at every run, which XLA would compile again each time.
 */
export function createHostSession(graph: Graph): Session {
  return OrtSession.create(graph);
}
