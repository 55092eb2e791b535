#!/usr/bin/env node
/**
 * Builds the images of the Dockerfile with buildah: without Docker, without a daemon and, by default, without a registry of
 * images. docs/images.md describes the images.
 *
 *   npm run images                              all images, for the CPU
 *   npm run images -- gateway sft-trainer       some of them
 *   npm run images -- --list                    their names
 *   npm run images -- --variant cuda            those that train or serve, for NVIDIA GPUs
 *   npm run images -- --variant cuda --xla-plugin FOLDER    with a plugin that is installed here
 *   npm run images -- --arg BASE_IMAGE=…        an argument of the Dockerfile
 *
 * The last line of the output is a folder with images.tar (all images, which share their layers: for "ctr images import"
 * and "docker load"), images.json (references, digests, sizes) and the bill of materials of each image. When the same files
 * were built before, nothing is built.
 */
import { parseArgs } from 'node:util';
import { buildImages } from './images.mjs';
import { images } from './targets.mjs';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      list: { type: 'boolean' },
      variant: { type: 'string' },
      repository: { type: 'string' },
      arg: { type: 'string', multiple: true, default: [] },
      'xla-plugin': { type: 'string' },
    },
  });
  if (values.list)
    console.log(
      images()
        .map(({ name }) => name)
        .join('\n'),
    );
  else {
    const built = buildImages({
      names: positionals,
      variant: values.variant,
      repository: values.repository,
      args: Object.fromEntries(values.arg.map((text) => text.split(/=(.*)/s).slice(0, 2))),
      xlaPlugin: values['xla-plugin'],
    });
    for (const { reference, bytes } of Object.values(built.images))
      console.log(`${reference}  ${(bytes / 1e6).toFixed(0)} MB`);
    console.log(built.folder);
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
