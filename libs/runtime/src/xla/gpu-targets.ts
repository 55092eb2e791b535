/**
 * What the compiler, and an estimate of time, must know of a GPU: from the vendor's data sheets and XLA's target descriptions
 * (xla/backends/gpu/target_config/specs).
 */
export interface GpuTarget {
  description: string;
  /** CUDA compute capability. */
  capability: readonly [major: number, minor: number];
  cores: number;
  floatUnitsPerCore: number;
  sharedMemoryPerCore: number;
  clockGhz: number;
  cacheBytes: number;
  threadsPerCore: number;
  memoryBytes: number;
  memoryBytesPerSecond: number;
  /** Of matrix products, without sparsity. */
  flopsPerSecond: { bfloat16: number; float32: number };
  /** To the other GPUs of a host, in one direction. */
  linkBytesPerSecond: number;
}

const ampere = {
  capability: [8, 0],
  cores: 108,
  floatUnitsPerCore: 64,
  threadsPerCore: 2048,
  sharedMemoryPerCore: 167_936,
  clockGhz: 1.41,
  cacheBytes: 41_943_040,
  flopsPerSecond: { bfloat16: 312e12, float32: 19.5e12 },
  linkBytesPerSecond: 300e9,
} as const;

const hopper = {
  capability: [9, 0],
  cores: 132,
  floatUnitsPerCore: 128,
  threadsPerCore: 2048,
  sharedMemoryPerCore: 233_472,
  clockGhz: 1.98,
  cacheBytes: 52_428_800,
  flopsPerSecond: { bfloat16: 989e12, float32: 67e12 },
  linkBytesPerSecond: 450e9,
} as const;

const blackwell = {
  capability: [10, 0],
  floatUnitsPerCore: 128,
  threadsPerCore: 2048,
  sharedMemoryPerCore: 233_472,
  linkBytesPerSecond: 900e9,
} as const;

/** A GPU of a board with other processors. */
const board = {
  ...blackwell,
  clockGhz: 1.965,
  flopsPerSecond: { bfloat16: 2250e12, float32: 75e12 },
} as const;

/** A GPU that NVIDIA's Grace processor is joined to. */
const grace = {
  ...blackwell,
  cores: 152,
  cacheBytes: 135_528_448,
  memoryBytesPerSecond: 7.928e12,
  flopsPerSecond: { bfloat16: 2500e12, float32: 80e12 },
} as const;

export const GPU_TARGETS: Readonly<Record<string, GpuTarget>> = {
  'a100-40': {
    ...ampere,
    description: 'NVIDIA A100-SXM4-40GB',
    memoryBytes: 42_331_013_120,
    memoryBytesPerSecond: 1.5552e12,
  },
  'a100-80': {
    ...ampere,
    description: 'NVIDIA A100-SXM4-80GB',
    memoryBytes: 85_100_068_864,
    memoryBytesPerSecond: 2.039e12,
  },
  a6000: {
    description: 'NVIDIA RTX A6000',
    capability: [8, 6],
    cores: 84,
    floatUnitsPerCore: 128,
    threadsPerCore: 1536,
    sharedMemoryPerCore: 102_400,
    clockGhz: 1.8,
    cacheBytes: 6_291_456,
    memoryBytes: 51_041_271_808,
    memoryBytesPerSecond: 768_096_000_000,
    flopsPerSecond: { bfloat16: 154.8e12, float32: 38.7e12 },
    // PCIe 4.0.
    linkBytesPerSecond: 32e9,
  },
  h100: {
    ...hopper,
    description: 'NVIDIA H100 80GB HBM3',
    memoryBytes: 84_942_979_072,
    memoryBytesPerSecond: 3.352e12,
  },
  h200: {
    ...hopper,
    description: 'NVIDIA H200 141GB HBM3e',
    memoryBytes: 151_397_597_184,
    memoryBytesPerSecond: 4.8e12,
  },
  b200: {
    ...board,
    description: 'NVIDIA B200',
    cores: 148,
    cacheBytes: 132_644_864,
    memoryBytes: 191_514_411_008,
    memoryBytesPerSecond: 7.672e12,
  },
  gb200: {
    ...grace,
    description: 'NVIDIA GB200',
    clockGhz: 2.062,
    memoryBytes: 197_897_748_480,
  },
  b300: {
    ...board,
    description: 'NVIDIA B300',
    capability: [10, 3],
    cores: 158,
    cacheBytes: 135_528_448,
    memoryBytes: 297_021_865_984,
    memoryBytesPerSecond: 7.936e12,
  },
  gb300: {
    ...grace,
    description: 'NVIDIA GB300',
    capability: [10, 3],
    clockGhz: 2.07,
    memoryBytes: 297_021_079_552,
  },
};

/** XLA's description of a target as text (xla/stream_executor/device_description.proto, GpuTargetConfigProto). */
export function targetConfig(target: GpuTarget): string {
  const [major, minor] = target.capability;
  const { sharedMemoryPerCore } = target;
  const feature = major >= 9 ? 'ACCELERATED_FEATURES' : 'NONE';
  const fields: Record<string, string | number> = {
    threads_per_block_limit: 1024,
    threads_per_warp: 32,
    shared_memory_per_block: 49_152,
    shared_memory_per_core: sharedMemoryPerCore,
    // A block of threads leaves 1 KiB to the system.
    shared_memory_per_block_optin: sharedMemoryPerCore - 1024,
    threads_per_core_limit: target.threadsPerCore,
    core_count: target.cores,
    fpus_per_core: target.floatUnitsPerCore,
    block_dim_limit_x: 2_147_483_647,
    block_dim_limit_y: 65_535,
    block_dim_limit_z: 65_535,
    thread_dim_limit_x: 1024,
    thread_dim_limit_y: 1024,
    thread_dim_limit_z: 64,
    registers_per_core_limit: 65_536,
    registers_per_block_limit: 65_536,
    memory_bandwidth: target.memoryBytesPerSecond,
    l2_cache_size: target.cacheBytes,
    clock_rate_ghz: target.clockGhz,
    device_memory_size: target.memoryBytes,
    cuda_compute_capability: `{ major: ${major} minor: ${minor} feature_extension: ${feature} }`,
    device_vendor: '"NVIDIA Corporation"',
    name: `"${target.description}"`,
    device_address_bits: 64,
    ecc_enabled: 'true',
    driver_version: '"13.0.0"',
    runtime_version: '"12.8.0"',
    compile_time_toolkit_version: '"12.8.0"',
    dnn_version: '"9.10.0"',
  };
  const info = Object.entries(fields).map(([name, value]) =>
    typeof value === 'string' && value.startsWith('{') ? `${name} ${value}` : `${name}: ${value}`,
  );
  return [
    `gpu_device_info { ${info.join(' ')} }`,
    'platform_name: "CUDA"',
    'dnn_version_info { major: 9 minor: 10 patch: 0 }',
    `device_description_str: "${target.description}"`,
  ].join('\n');
}
