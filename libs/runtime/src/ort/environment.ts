import { availableParallelism } from 'node:os';
import { currentDevice } from '../device';
import { OrtApi, type Pointer } from './api';

const LOG_ERRORS = 3;
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const DEFAULT_MEMORY = 0;
const SAME_AS_REQUESTED = 1;
const DEFAULT = -1;

/** Threads that wait for each other do so actively: with many more than cores, a step does not end. */
const MOST_THREADS_PER_CORE = 4;

/** The ONNX Runtime of this process: API, thread pool and memory, shared by all sessions. */
export interface Environment {
  readonly api: OrtApi;
  readonly env: Pointer;
  readonly memoryInfo: Pointer;
  readonly threads: number;
}

let current: Environment | null = null;
let requestedThreads: number | null = null;

/**
 * Sets the number of threads for all computation; by default OPEN_CHATGPT_THREADS, else one for each core.
 * Results are bit-identical only for equal thread counts.
 * @throws Error when the number is not a positive integer or too many for the cores, or the runtime already runs with another number
 */
export function setThreads(threads: number): void {
  checkThreads(threads, 'threads', String(threads));
  if (current && current.threads !== threads) {
    throw new Error(
      `the runtime already runs with ${current.threads} threads; set ${threads} before its first use`,
    );
  }
  requestedThreads = threads;
}

/** The number of threads that computation uses, or will use at its first use. */
export function threadCount(): number {
  return current?.threads ?? requestedThreads ?? threadsOfEnvironment() ?? availableParallelism();
}

/**
 * Checks the variables of the engine when a program starts. The engine itself starts at the first use.
 * @throws Error that names the variable
 */
export function checkEngine(): void {
  threadCount();
  currentDevice();
}

function threadsOfEnvironment(): number | null {
  const text = process.env.OPEN_CHATGPT_THREADS;
  if (!text) return null;
  const threads = Number(text);
  checkThreads(threads, 'OPEN_CHATGPT_THREADS', `"${text}"`);
  return threads;
}

function checkThreads(threads: number, name: string, found: string): void {
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`${name} must be a whole number ≥ 1, got ${found}`);
  const cores = availableParallelism();
  const most = cores * MOST_THREADS_PER_CORE;
  if (threads > most) {
    throw new Error(
      `${name} must be at most ${most}, ${MOST_THREADS_PER_CORE} for each of the ${cores} cores of this machine, got ${found}`,
    );
  }
}

/**
 * The environment, created at first use. All sessions share one thread pool, because separate pools would compete for the
 * cores, and one arena for activations, which grows by exactly the requested size.
 */
export function environment(): Environment {
  if (current) return current;
  const threads = threadCount();
  const api = new OrtApi();
  const options = api.create('createThreadingOptions');
  api.call('setGlobalIntraOpNumThreads', options, threads);
  api.call('setGlobalInterOpNumThreads', options, 1);
  const env = api.create('createEnvWithGlobalThreadPools', LOG_ERRORS, 'open-chatgpt', options);
  const memoryInfo = api.create('createCpuMemoryInfo', DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  const arena = api.create('createArenaCfg', 0, SAME_AS_REQUESTED, DEFAULT, DEFAULT);
  // With this kind of memory info the allocator is an arena; with the device kind it would be plain malloc.
  const arenaInfo = api.create('createCpuMemoryInfo', ARENA_ALLOCATOR, DEFAULT_MEMORY);
  api.call('createAndRegisterAllocator', env, arenaInfo, arena);
  current = { api, env, memoryInfo, threads };
  return current;
}
