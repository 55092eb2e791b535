import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const manifestName = 'manifest.json';

const manifestSchema = z.object({
  formatVersion: z.literal(1),
  step: z.int().min(0),
  savedAt: z.string(),
  files: z.record(z.string(), z.object({ bytes: z.int().min(0), sha256: z.string().length(64) })),
  /** State of the training loop beside the files: data cursor, controller, ledger … */
  state: z.record(z.string(), z.unknown()),
});

export type Manifest = z.output<typeof manifestSchema>;

/** @throws Error when a number is not finite: JSON would silently convert it to null */
export function formatManifest(manifest: Manifest): string {
  const refuse = (key: string, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`checkpoint manifest: "${key}" is ${value}, which JSON cannot represent`);
    }
    return value;
  };
  return `${JSON.stringify(manifest, refuse, 2)}\n`;
}

/** @throws Error that explains the damage */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${manifestName} cannot be read (${error.code})`);
  });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new Error(`${manifestName} is not JSON`);
  }
  const result = manifestSchema.safeParse(raw);
  if (!result.success) throw new Error(`${manifestName} is malformed: ${z.prettifyError(result.error)}`);
  return result.data;
}
