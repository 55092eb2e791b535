import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const NVIDIA_FOLDER = '/proc/driver/nvidia';

/** The oldest branch of the driver that runs programs of each CUDA: https://docs.nvidia.com/deploy/cuda-compatibility/ */
export const LEAST_DRIVER = { cuda12: 525, cuda13: 580 } as const;

/**
 * The version of NVIDIA's driver, such as `580.159.03`. Null where the kernel shows none: there is no driver, or this is a virtual machine
 * or a container that hides it.
 */
export function nvidiaDriver(folder = NVIDIA_FOLDER): string | null {
  try {
    const text = readFileSync(join(folder, 'version'), 'utf8');
    return /^NVRM version:.*?\s(\d+\.\d+(?:\.\d+)?)\s/m.exec(text)?.[1] ?? null;
  } catch {
    return null;
  }
}
