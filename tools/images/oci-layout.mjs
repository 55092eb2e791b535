import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads image layouts, https://github.com/opencontainers/image-spec/blob/main/image-layout.md. */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const blob = (layout, digest) => read(join(layout, 'blobs', ...digest.split(':')));

/**
 * What a layout has under a reference.
 * @returns digest of the manifest, digests of the layers, and the size of the layers, not compressed, in bytes
 */
export function describeImage(layout, reference) {
  const entry = read(join(layout, 'index.json')).manifests.find(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === reference,
  );
  if (!entry) throw new Error(`${layout} has no image ${reference}`);
  const { layers } = blob(layout, entry.digest);
  return {
    reference,
    digest: entry.digest,
    layers: layers.map(({ digest }) => digest),
    bytes: layers.reduce((sum, { size }) => sum + size, 0),
  };
}

/** Writes a layout as one file, from which `ctr images import` and `docker load` take the full references. */
export function archiveLayout(layout, file) {
  const path = join(layout, 'index.json');
  const index = read(path);
  for (const { annotations } of index.manifests)
    annotations['io.containerd.image.name'] = annotations['org.opencontainers.image.ref.name'];
  writeFileSync(path, JSON.stringify(index));
  execFileSync('tar', ['-cf', file, '-C', layout, 'oci-layout', 'index.json', 'blobs']);
}
