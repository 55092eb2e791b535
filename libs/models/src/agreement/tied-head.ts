import type { ModelConfig } from '../config/model-config';
import { familyOf } from '../families/family-of';
import { elementCount, type TensorFile, type TensorInfo } from '../weights/weight-source';

const HEAD = 'lm_head.weight';
/** Elements that are compared at a time. */
const PART = 1 << 20;

/** What the tensors of a file say about the output head. */
export interface HeadOfFile {
  config: ModelConfig;
  /** The tensor whose values are the embeddings too, because the file lacks them; null otherwise. */
  sharedHead: TensorInfo | null;
}

/**
 * The configuration, with a head of its own where the file has one. Under `tie_word_embeddings: true`, transformers ties
 * the head to the embeddings only where the file lacks one of the two or both have the same values (`tie_weights`).
 *
 * @param find the tensor of the file with a canonical name
 */
export async function withHeadOfFile(
  config: ModelConfig,
  source: TensorFile,
  find: (name: string) => TensorInfo | undefined,
  where: string,
  warn: (message: string) => void,
): Promise<HeadOfFile> {
  const head = find(HEAD);
  if (!config.tieWordEmbeddings || !head) return { config, sharedHead: null };
  const [name] = familyOf(config).embeddingNames(config);
  const embeddings = find(name);
  if (!embeddings) return { config, sharedHead: head };
  if (await haveSameValues(source, head, embeddings)) return { config, sharedHead: null };
  warn(
    `config.json says tie_word_embeddings: true, but ${where} has a ${HEAD} with other values than ${name}; ` +
      'the head of the file is used, as transformers does',
  );
  return { config: { ...config, tieWordEmbeddings: false }, sharedHead: null };
}

/** Compares two tensors part by part, so that a large vocabulary takes little memory. */
async function haveSameValues(source: TensorFile, a: TensorInfo, b: TensorInfo): Promise<boolean> {
  if (a.shape.join() !== b.shape.join()) return false;
  const size = elementCount(a.shape);
  const columns = a.shape[a.shape.length - 1] ?? 1;
  const part = Math.max(1, Math.floor(PART / columns)) * columns;
  for (let from = 0; from < size; from += part) {
    const [left, right] = [0, 1].map(() => new Float32Array(Math.min(part, size - from)));
    await source.readPart(a.name, left, from);
    await source.readPart(b.name, right, from);
    if (left.some((value, i) => !Object.is(value, right[i]) && value !== right[i])) return false;
  }
  return true;
}
