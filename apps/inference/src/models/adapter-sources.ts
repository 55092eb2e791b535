import { realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { InferenceConfig } from '../config/inference-config';
import { type FixedSource, parseModelSource } from '../config/model-source';
import { invalidRequest } from '../openai/openai-error';

/** Stands for the platform's store among the places that a request may name. */
export const STORE = 'store';

/**
 * The source that a request names: a folder inside one of `inferenceAdaptersFrom`, or the store if it is among them.
 * @throws OpenAiError for any other, which is not read
 */
export async function allowedSource(
  text: string,
  { inferenceAdaptersFrom: allowed }: Pick<InferenceConfig, 'inferenceAdaptersFrom'>,
): Promise<FixedSource> {
  const source = parseModelSource(text);
  if (source.kind === 'latest')
    throw invalidRequest(
      'lora_path: only adapters of the configuration follow latest; name store:<id>',
      'lora_path',
    );
  if ((source.kind === 'store' || source.kind === 'manifest') && allowed.includes(STORE)) return source;
  if (source.kind === 'path') {
    // Links are followed first: one inside an allowed folder may lead anywhere.
    const path = await realpath(source.path).catch(() => null);
    const folders = await Promise.all(
      allowed.filter((one) => one !== STORE).map((folder) => realpath(folder).catch(() => null)),
    );
    if (path && folders.some((folder) => folder && isInside(path, folder))) return { kind: 'path', path };
  }
  throw invalidRequest(
    'lora_path: is not in a place that OPEN_CHATGPT_INFERENCE_ADAPTERS_FROM names (a folder, or store for the platform)',
    'lora_path',
  );
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
