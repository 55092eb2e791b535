import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * An image layout in a folder (https://github.com/opencontainers/image-spec/blob/main/image-layout.md). Images that share
 * layers have each layer once.
 */
export function createLayout(folder) {
  const blobs = join(folder, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const manifests = [];
  return {
    /**
     * Takes an image over from the folder that `buildah push dir:FOLDER` writes, which holds its layers as they are.
     * Pushing to a layout would compress each layer again for each image, which takes most of the time of a build.
     * @returns digest of the image, digests of its layers from the bottom, and their size, not compressed, in bytes
     */
    add(reference, pushed) {
      for (const file of readdirSync(pushed))
        if (/^[0-9a-f]{64}$/.test(file)) renameSync(join(pushed, file), join(blobs, file));
      const text = readFileSync(join(pushed, 'manifest.json'));
      rmSync(pushed, { recursive: true });
      const hash = createHash('sha256').update(text).digest('hex');
      writeFileSync(join(blobs, hash), text);
      const annotations = {
        'org.opencontainers.image.ref.name': reference,
        // The name that containerd imports it under.
        'io.containerd.image.name': reference,
      };
      manifests.push({ mediaType: MANIFEST, digest: `sha256:${hash}`, size: text.length, annotations });
      const layers = JSON.parse(text).layers.map(({ digest }) => digest);
      const bytes = layers.reduce((sum, digest) => sum + statSync(join(blobs, digest.slice(7))).size, 0);
      return { reference, digest: `sha256:${hash}`, layers, bytes };
    },
    /** Writes the layout as one file, for `ctr images import` and `docker load`. */
    archive(file) {
      writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
      writeFileSync(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
      execFileSync('tar', ['-cf', file, '-C', folder, 'oci-layout', 'index.json', 'blobs']);
    },
  };
}
