/** Small container images without a registry and without a builder: a few static programs in one layer. */
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } =
  require('node:fs');
const { dirname, join } = require('node:path');

/**
 * Writes an image as an archive in Docker's format.
 * @param image `name` with its tag; `files`: source file or folder by path in the image; `links`: targets by path; `entrypoint`;
 *   `user` as UID:GID
 */
function writeImage(archive, { name, files, links = {}, entrypoint, user = '' }) {
  const folder = mkdtempSync(`${archive}.`);
  const root = join(folder, 'root');
  try {
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      cpSync(source, join(root, path), { recursive: true, dereference: true });
    }
    for (const [path, target] of Object.entries(links)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      symlinkSync(target, join(root, path));
    }
    mkdirSync(join(root, 'tmp'));
    // The mode of mkdir is subject to the umask.
    chmodSync(join(root, 'tmp'), 0o1777);
    // Files of a cache may be readable for their owner only, and the image has another user.
    const reproducible = [
      '--sort=name',
      '--mode=a+rX',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
    ];
    execFileSync('tar', ['-cf', join(folder, 'layer.tar'), ...reproducible, '-C', root, '.']);
    rmSync(root, { recursive: true });
    const layer = createHash('sha256')
      .update(readFileSync(join(folder, 'layer.tar')))
      .digest('hex');
    const config = {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      config: { Entrypoint: entrypoint, User: user, Env: ['PATH=/bin'], WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    execFileSync('tar', ['-cf', archive, '-C', folder, 'manifest.json', 'config.json', 'layer.tar']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An image of BusyBox, with its programs in /bin; needs Debian's package busybox-static. */
function writeBusybox(archive, name = 'localhost/busybox:1') {
  const busybox = '/bin/busybox';
  const programs = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  const links = programs.filter((program) => program !== 'busybox');
  writeImage(archive, {
    name,
    files: { '/bin/busybox': busybox },
    links: Object.fromEntries(links.map((program) => [`/bin/${program}`, 'busybox'])),
    entrypoint: ['/bin/sh'],
  });
}

module.exports = { writeBusybox, writeImage };
