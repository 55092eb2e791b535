import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  version: z.string(),
  /** `compiler`: without the libraries that running on a GPU needs. */
  parts: z.enum(['all', 'compiler']),
  /** Paths in the plugin's folder, sizes in bytes, hashes in hexadecimal. */
  files: z.array(z.object({ path: z.string(), size: z.number(), sha256: z.string() })),
});

/** What was installed. It is the last file that an installation writes. */
export type PluginManifest = z.infer<typeof manifestSchema>;

export const MANIFEST = 'manifest.json';

/**
 * The manifest in the folder of a plugin; null where there is none.
 * @throws Error when the file is not a manifest
 */
export function readManifest(folder: string): PluginManifest | null {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is damaged: it is not the manifest of a plugin`, { cause: error });
  }
}
