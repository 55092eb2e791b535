import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { cachedBuiltinModel, fetchHubModel } from '@open-chatgpt/download';
import { parseReference } from '@open-chatgpt/pipeline';
import type { ResolveModel } from '@open-chatgpt/training';
import type { Progress } from '../progress';
import { resolveModelPath } from '../training/resolve-builtin';
import { fetchPlatformModel, isPlatformModel, isStoredHere } from './platform-model';

/** The ways to name a model, for the help of commands. */
export const MODEL_NAMES =
  'folder, .gguf file, run folder, builtin:<name>, store:<id>, s3://… or owner/name of the hub';

/**
 * The local path of a model: of a path, of `builtin:<name>`, of a model in the store of a platform, or of a model of the hub, which is
 * downloaded.
 */
export async function resolveModelSource(source: string, progress: Progress): Promise<string> {
  if (isPlatformModel(source)) return fetchPlatformModel(source);
  if (existsSync(source) || parseReference(source).kind !== 'hub') return resolveModelPath(source, progress);
  return fetchHubModel(source, {
    onProgress: ({ file, doneBytes, totalBytes }) =>
      progress.loading(`downloading ${file}`, doneBytes, totalBytes),
  }).catch((error: Error) => {
    throw new Error(`${error.message} (There is no local file or folder "${source}".)`, { cause: error });
  });
}

/** As `resolveModelSource`, once for each model of a run. */
export function modelResolver(progress: Progress): ResolveModel {
  const resolved = new Map<string, Promise<string>>();
  return (source) => {
    const path = resolved.get(source) ?? resolveModelSource(source, progress);
    resolved.set(source, path);
    return path;
  };
}

/** The local path of a model that is on this machine; null where it would be downloaded first. */
export async function modelOnThisMachine(source: string): Promise<string | null> {
  if (isStoredHere(source)) return fetchPlatformModel(source);
  const reference = parseReference(source);
  if (reference.kind === 'builtin') return cachedBuiltinModel(reference.name);
  return reference.kind === 'path' ? source : null;
}

/** The last part of a path, a hub id or an address in a store, without format, revision and version. */
export function modelName(source: string): string {
  const folder = source.endsWith('/manifest.json') ? dirname(dirname(source)) : source;
  return basename(folder)
    .split('@', 1)[0]
    .replace(/^(builtin|store):/, '')
    .replace(/\.(gguf|safetensors)$/, '');
}
