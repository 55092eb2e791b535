import { fetchSmolLM2 } from '@open-chatgpt/models';
import type { Progress } from '../progress';

const builtin: Record<string, (progress: Progress) => Promise<string>> = {
  'smollm2-135m-instruct': (progress) =>
    fetchSmolLM2({
      onProgress: ({ phase, doneBytes, totalBytes }) =>
        progress.loading(
          `${phase === 'download' ? 'downloading' : 'unpacking'} SmolLM2-135M-Instruct`,
          doneBytes,
          totalBytes,
        ),
    }),
};

/** @throws Error that lists the models there are */
export async function resolveBuiltinModel(name: string, progress: Progress): Promise<string> {
  if (!Object.hasOwn(builtin, name)) {
    const known = Object.keys(builtin).map((one) => `builtin:${one}`);
    throw new Error(
      `there is no built-in model "builtin:${name}"; there is ${known.join(', ')}, or give a path`,
    );
  }
  return builtin[name](progress);
}

/** A path as it is; `builtin:<name>` as the path of the fetched file. */
export async function resolveModelPath(path: string, progress: Progress): Promise<string> {
  return path.startsWith('builtin:') ? resolveBuiltinModel(path.slice('builtin:'.length), progress) : path;
}
