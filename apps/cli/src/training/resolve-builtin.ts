import { builtinSampling, fetchBuiltinModel } from '@open-chatgpt/download';
import { parseReference } from '@open-chatgpt/pipeline';
import type { Progress } from '../progress';

/** @throws Error that lists the models there are */
function resolveBuiltinModel(name: string, progress: Progress): Promise<string> {
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
  const name = builtinName(path);
  return name === null ? path : resolveBuiltinModel(name, progress);
}

/** How to sample from a built-in model, whose file does not say it. */
export function samplingAdvice(path: string): Readonly<Record<string, unknown>> | undefined {
  const name = builtinName(path);
  return name === null ? undefined : builtinSampling(name);
}

/** The name after `builtin:`, or null. */
export function builtinName(path: string): string | null {
  const reference = parseReference(path);
  return reference.kind === 'builtin' ? reference.name : null;
}
