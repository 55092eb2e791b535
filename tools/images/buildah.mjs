import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * buildah with a storage of its own in `folder`.
 * `RUN` runs in a chroot and in the network of this machine: neither a container runtime nor a bridge is needed.
 */
export function openBuildah(folder) {
  // overlay stores a layer once; vfs, for kernels without overlay, copies all layers below each layer.
  const driver = overlayWorks() ? 'overlay' : 'vfs';
  const storage = [
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    driver,
  ];
  const call = (args, options) => {
    const result = spawnSync('buildah', [...storage, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 28,
      ...options,
    });
    return { ok: result.status === 0, text: result.stdout?.trim() ?? '' };
  };
  const run = (args, options) => {
    const { ok, text } = call(args, options);
    if (!ok) throw new Error(`images: "buildah ${args.join(' ')}" failed; the lines above say why`);
    return text;
  };
  return {
    driver,
    run,
    has: (image) => call(['inspect', '--type', 'image', image], { stdio: 'ignore' }).ok,
    /** Builds a target of a Dockerfile; progress goes to the error output. */
    build: (args) =>
      run(['bud', '--isolation', 'chroot', '--network', 'host', '--layers', ...args], {
        stdio: ['ignore', process.stderr, 'inherit'],
      }),
    /** Builds leave some behind, each with a mount. */
    removeContainers: () => run(['rm', '--all']),
    /** Calls `use` with the folder of the root file system of an image. */
    withRoot(image, use) {
      const container = run(['from', '--pull-never', image]);
      try {
        return use(run(['mount', container]));
      } finally {
        run(['rm', container]);
      }
    },
  };
}

function overlayWorks() {
  return process.env.STORAGE_DRIVER !== 'vfs' && existsSync('/sys/module/overlay');
}

/** @returns why images cannot be built here, or null */
export function missingBuildah() {
  if (process.getuid?.() !== 0) return 'building images needs root, for buildah in a chroot';
  const { error } = spawnSync('buildah', ['--version'], { stdio: 'ignore' });
  return error ? 'buildah is missing: apt-get install buildah' : null;
}
