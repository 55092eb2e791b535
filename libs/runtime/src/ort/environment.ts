import { availableParallelism } from 'node:os';
import { OrtApi, type Pointer } from './api';
import { type Device, openDevice } from './device';

const LOG_ERRORS = 3;
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;
const SAME_AS_REQUESTED = 1;
const DEFAULT = -1;

/** One process-wide ONNX Runtime: its API, its thread pool and its memory, shared by all sessions. */
export interface Environment {
  readonly api: OrtApi;
  readonly env: Pointer;
  readonly memoryInfo: Pointer;
  readonly threads: number;
  readonly device: Device;
}

let current: Environment | null = null;
let requestedThreads: number | null = null;

/**
 * Sets the number of threads of all computation; by default OPEN_CHATGPT_THREADS, else one a core.
 * Results are bit-identical only for equal thread counts.
 * @throws Error when it is no whole number, or the runtime is already up with another one
 */
export function setThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`threads must be a whole number ≥ 1, got ${threads}`);
  if (current && current.threads !== threads) {
    throw new Error(
      `the runtime already runs with ${current.threads} threads; set ${threads} before its first use`,
    );
  }
  requestedThreads = threads;
}

function threadsOfEnvironment(): number | null {
  const text = process.env.OPEN_CHATGPT_THREADS;
  if (!text) return null;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new Error(`OPEN_CHATGPT_THREADS must be a whole number ≥ 1, got "${text}"`);
}

/**
 * The environment, created at first use. One pool of threads serves every session (their own pools would spin against
 * each other), and one arena holds every session's activations, growing by what is asked for and no more. Sessions run on the
 * device that OPEN_CHATGPT_DEVICE names.
 */
export function environment(): Environment {
  if (current) return current;
  const threads = requestedThreads ?? threadsOfEnvironment() ?? availableParallelism();
  const api = new OrtApi();
  const options = api.create('createThreadingOptions');
  api.call('setGlobalIntraOpNumThreads', options, threads);
  api.call('setGlobalInterOpNumThreads', options, 1);
  const env = api.create('createEnvWithGlobalThreadPools', LOG_ERRORS, 'open-chatgpt', options);
  const memoryInfo = api.create('createCpuMemoryInfo', DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  const arena = api.create('createArenaCfg', 0, SAME_AS_REQUESTED, DEFAULT, DEFAULT);
  // Only under memory info of this kind is the allocator an arena; under the other it would be plain malloc.
  const arenaInfo = api.create('createCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  api.call('createAndRegisterAllocator', env, arenaInfo, arena);
  const device = openDevice(process.env.OPEN_CHATGPT_DEVICE || 'cpu', api);
  current = { api, env, memoryInfo, threads, device };
  return current;
}
