import type { MemoryEstimate } from './estimate-memory';

/** The estimate is off by up to a fifth (e2e/training/memory.spec.ts), and a process that grows must not be evicted first. */
export const MEMORY_MARGIN = 0.25;

const MEBIBYTE = 2 ** 20;
const STEP_MEBIBYTES = 64;

/** What a pod asks for when its model is not known beforehand. */
export const DEFAULT_MEMORY = '1Gi';

/** The memory request that follows from an estimate: with the margin, rounded up to 64 MiB, as a Kubernetes quantity. */
function memoryRequest({ total }: MemoryEstimate): string {
  const steps = Math.ceil((total * (1 + MEMORY_MARGIN)) / (STEP_MEBIBYTES * MEBIBYTE));
  return `${steps * STEP_MEBIBYTES}Mi`;
}

/** The requests of a pod without its GPUs: as many cores as the engine has threads. */
export function requestsFor(
  threads: number | undefined,
  estimate: MemoryEstimate | undefined,
): { cpu: string; memory: string } {
  return { cpu: String(threads ?? 1), memory: estimate ? memoryRequest(estimate) : DEFAULT_MEMORY };
}
