import { type Address, type PjrtApi, Struct } from './pjrt-api';

const SIZES = { argument: 32, output: 40, alias: 48, temporary: 56 } as const;

/** Bytes of a compiled program on each device. Outputs that overwrite an argument count in all three of argument, output and alias. */
export type MemoryUse = Record<keyof typeof SIZES, number>;

/** What the compiler counted for an executable. */
export function memoryUseOf(api: PjrtApi, executable: Address): MemoryUse {
  const stats = api.call('executableGetCompiledMemoryStats', new Struct(112).set(16, executable));
  const entries = Object.entries(SIZES).map(([name, offset]) => [name, Number(stats.get(offset))]);
  return Object.fromEntries(entries) as MemoryUse;
}
