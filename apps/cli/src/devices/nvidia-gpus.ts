import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NVIDIA_FOLDER, nvidiaDriver } from '@open-chatgpt/runtime';

const TIMEOUT_MS = 5000;
const QUERY = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];

export interface NvidiaGpus {
  /** Version of the driver; null where none is found. */
  driver: string | null;
  gpus: { name: string /** null where only the kernel was asked */; memoryMiB: number | null }[];
}

/** NVIDIA's driver and GPUs: what nvidia-smi says, and where it is missing or does not answer, what the kernel shows. */
export async function findNvidiaGpus(smi = 'nvidia-smi', folder = NVIDIA_FOLDER): Promise<NvidiaGpus> {
  try {
    const { stdout } = await promisify(execFile)(smi, QUERY, { timeout: TIMEOUT_MS });
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(', '));
    const gpus = rows.map(([name, memory]) => ({ name, memoryMiB: Number(memory) || null }));
    const driver = rows[0][2];
    if (driver) return { driver, gpus };
  } catch {
    // Not installed, or the driver does not answer.
  }
  return { driver: nvidiaDriver(folder), gpus: gpusOfKernel(join(folder, 'gpus')) };
}

function gpusOfKernel(folder: string): NvidiaGpus['gpus'] {
  try {
    return readdirSync(folder)
      .sort()
      .map((slot) => {
        const text = readFileSync(join(folder, slot, 'information'), 'utf8');
        return { name: /^Model:\s*(\S.*)$/m.exec(text)?.[1].trim() ?? 'unknown', memoryMiB: null };
      });
  } catch {
    return [];
  }
}
