import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { exportGguf, type GgufFormat, type ModelFiles } from '@open-chatgpt/models';
import { UsageError } from '../exit-codes';
import { createSideProgress } from '../progress';
import { formatBytes, formatCount } from '../terminal/format';
import { shownPath } from '../terminal/invocation';
import { print, printJson } from '../terminal/print';
import { printWarnings } from '../terminal/warn';
import { dtypes } from './write-model';

/** The values of `--quantize`. */
export const quantizations: Record<string, GgufFormat> = { q8_0: 'Q8_0', q4_k: 'Q4_K_M' };

export interface GgufTarget {
  to: string;
  dtype?: string;
  quantize?: string;
  json?: boolean;
}

/** The number format that the flags name; fp16 by default, as llama.cpp's converter. */
export function ggufFormat({ dtype, quantize }: Pick<GgufTarget, 'dtype' | 'quantize'>): GgufFormat {
  if (quantize !== undefined && dtype !== undefined)
    throw new UsageError('use either --dtype or --quantize: both name the number format of the weights');
  return quantize === undefined ? dtypes[dtype ?? 'fp16'] : quantizations[quantize];
}

/** The file to write: `--to` itself if it ends in .gguf, else a file in that folder. */
export function ggufPath(name: string, format: GgufFormat, to: string): string {
  const path = to.endsWith('.gguf') ? to : join(to, `${name}-${format}.gguf`);
  if (existsSync(path))
    throw new UsageError(
      `--to ${shownPath(resolve(path))}: the file exists already; choose another or delete it`,
    );
  return path;
}

/** Writes an open model as a GGUF file, and prints what was written. */
export async function writeGgufModel(
  files: ModelFiles,
  source: string,
  name: string,
  path: string,
  { format, json, dryRun = false }: { format: GgufFormat; json?: boolean; dryRun?: boolean },
): Promise<void> {
  if (!dryRun) mkdirSync(dirname(resolve(path)), { recursive: true });
  const progress = createSideProgress();
  const { written, bytes, warnings } = await exportGguf(files, source, path, {
    name,
    format,
    dryRun,
    onProgress: (done, total) => progress.loading('writing weights', done, total),
  }).finally(() => progress.close());
  printWarnings([...files.warnings, ...warnings]);
  if (json) {
    const type = dryRun ? 'would write' : 'written';
    printJson({ type, from: source, to: resolve(path), format, tensors: written, bytes });
    return;
  }
  const parts = Object.entries(written).map(([encoding, count]) => `${encoding} ${formatCount(count)}`);
  const what = `${shownPath(resolve(path))}: ${format}, ${formatBytes(bytes)} (numbers: ${parts.join(', ')})`;
  print(dryRun ? `would write ${what}` : what);
  if (dryRun) return;
  print(`llama.cpp loads it as it is; Ollama with a Modelfile that says  FROM ./${basename(path)}`);
}
