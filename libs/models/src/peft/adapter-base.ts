import { join } from 'node:path';
import { z } from 'zod';
import { parseFields } from '../config/schema';
import { readObjectIfPresent } from '../huggingface/read-json';
import { writeFileAtomically, writeJsonAtomically } from '../weights/atomic-file';
import { ModelFileError } from '../weights/model-file-error';

/** In the folder of an adapter, besides PEFT's files: the weights that it was trained on. */
const BASE_FILE = 'base_weights.json';

/** The weights that an adapter belongs on. */
export interface AdapterBase {
  /** Name or path, as `base_model_name_or_path` has it. */
  name: string;
  /** `hashWeights` of the base. */
  sha256: string;
}

const schema = z.object({ name: z.string().default('its base model'), sha256: z.string() });

/** null for adapters of other programs, which do not say. */
export async function readAdapterBase(folder: string): Promise<AdapterBase | null> {
  const path = join(folder, BASE_FILE);
  const json = await readObjectIfPresent(path);
  return json === null ? null : parseFields(schema, json, path);
}

/** Writes the hash of the base for this program, and a README for people. */
export async function writeAdapterBase(
  folder: string,
  { name, sha256 }: AdapterBase,
  taskType: string,
): Promise<void> {
  await writeJsonAtomically(join(folder, BASE_FILE), { name, sha256 });
  const what =
    taskType === 'SEQ_CLS'
      ? 'A LoRA adapter that makes a reward model (AutoModelForSequenceClassification with one label)'
      : 'A LoRA adapter of a language model';
  const text = [
    `${what}, in PEFT's layout.`,
    '',
    `It belongs on the weights of \`${name}\` and on no others: on the model from which these were made, or on a rounded copy,`,
    'it gives other results.',
    '',
    `SHA-256 of the names and float32 values of these weights: ${sha256}`,
    '',
  ];
  await writeFileAtomically(join(folder, 'README.md'), (file) => file.writeFile(text.join('\n')));
}

/**
 * @param found hash of the weights that the adapter is to be put on
 * @throws ModelFileError when the adapter belongs on other weights
 */
export function checkAdapterBase(folder: string, base: AdapterBase, found: string, path: string): void {
  if (base.sha256 === found) return;
  throw new ModelFileError(
    folder,
    `the adapter belongs on the weights of ${base.name} (SHA-256 ${base.sha256.slice(0, 12)}…), and those of ${path} ` +
      `are others (${found.slice(0, 12)}…), so it would give other results; use that base with its exact weights`,
  );
}
