import { join } from 'node:path';
import { HostUnreachableError } from '../http/http-errors';
import { downloadOverHttps } from './download-over-https';
import { downloadWithPip } from './download-with-pip';

export interface Wheel {
  package: string;
  version: string;
  fileName: string;
}

/**
 * Downloads a wheel from the Python package index into `folder`: over https, which reports its progress and continues an interrupted
 * download, and with pip where that fails.
 *
 * @returns the path of the wheel
 * @throws Error with both causes
 */
export async function downloadWheel(
  wheel: Wheel,
  folder: string,
  onProgress: (done: number, total: number) => void,
): Promise<string> {
  const path = join(folder, wheel.fileName);
  try {
    await downloadOverHttps(wheel, path, onProgress);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    const httpsProblem =
      error instanceof HostUnreachableError ? `no connection, ${error.code}` : (error as Error).message;
    const pipProblem = await downloadWithPip(wheel, folder);
    if (pipProblem !== null)
      throw new Error(
        `${wheel.package} ${wheel.version} could not be downloaded (https: ${httpsProblem}; pip: ${pipProblem})`,
        { cause: error },
      );
  }
  return path;
}
