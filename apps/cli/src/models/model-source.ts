import { existsSync } from 'node:fs';
import { fetchHubModel, isHubModel } from '@open-chatgpt/download';
import type { Progress } from '../progress';
import { resolveModelPath } from '../training/resolve-builtin';

/** The local path of a model: of a path, of `builtin:<name>`, or of a model of the hub, which is downloaded. */
export async function resolveModelSource(source: string, progress: Progress): Promise<string> {
  if (existsSync(source) || !isHubModel(source)) return resolveModelPath(source, progress);
  return fetchHubModel(source, {
    onProgress: ({ file, doneBytes, totalBytes }) =>
      progress.loading(`downloading ${file}`, doneBytes, totalBytes),
  }).catch((error: Error) => {
    throw new Error(`${error.message} (There is no local file or folder "${source}".)`, { cause: error });
  });
}
