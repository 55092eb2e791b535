import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({
  version: z.string(),
  /** `compiler`: without the libraries that running on a GPU needs. */
  parts: z.enum(['all', 'compiler']),
  /** File names of the wheels that the files are from. */
  wheels: z.array(z.string()),
  /** Paths in the plugin's folder, sizes in bytes, hashes in hexadecimal. */
  files: z.array(z.object({ path: z.string(), size: z.number(), sha256: z.string() })),
});

/** What was installed. It is the last file that an installation writes. */
export type PluginManifest = z.infer<typeof manifestSchema>;

const MANIFEST = 'manifest.json';

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

export async function writeManifest(folder: string, manifest: PluginManifest): Promise<void> {
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}
