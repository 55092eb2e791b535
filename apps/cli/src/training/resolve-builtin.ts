import { fetchBuiltinModel } from '@open-chatgpt/download';
import type { Progress } from '../progress';

/** @throws Error that lists the models there are */
export function resolveBuiltinModel(name: string, progress: Progress): Promise<string> {
  return fetchBuiltinModel(name, {
    onProgress: ({ phase, doneBytes, totalBytes }) =>
      progress.loading(
        `${phase === 'download' ? 'downloading' : 'unpacking'} ${name}`,
        doneBytes,
        totalBytes,
      ),
  });
}

/** A path as it is; `builtin:<name>` as the path of the fetched file. */
export async function resolveModelPath(path: string, progress: Progress): Promise<string> {
  return path.startsWith('builtin:') ? resolveBuiltinModel(path.slice('builtin:'.length), progress) : path;
}
