import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fetchHubModel, isHubModel } from '@open-chatgpt/download';
import type { Progress } from '../progress';
import { resolveModelPath } from '../training/resolve-builtin';
import { fetchPlatformModel, isPlatformModel } from './platform-model';

/**
 * The local path of a model: of a path, of `builtin:<name>`, of a model in the store of a platform, or of a model of the hub, which is
 * downloaded.
 */
export async function resolveModelSource(source: string, progress: Progress): Promise<string> {
  if (isPlatformModel(source)) return fetchPlatformModel(source);
  if (existsSync(source) || !isHubModel(source)) return resolveModelPath(source, progress);
  return fetchHubModel(source, {
    onProgress: ({ file, doneBytes, totalBytes }) =>
      progress.loading(`downloading ${file}`, doneBytes, totalBytes),
  }).catch((error: Error) => {
    throw new Error(`${error.message} (There is no local file or folder "${source}".)`, { cause: error });
  });
}

/** The last part of a path, a hub id or an address in a store, without format, revision and version. */
export function modelName(source: string): string {
  const folder = source.endsWith('/manifest.json') ? dirname(dirname(source)) : source;
  return basename(folder)
    .split('@', 1)[0]
    .replace(/^(builtin|store):/, '')
    .replace(/\.(gguf|safetensors)$/, '');
}
