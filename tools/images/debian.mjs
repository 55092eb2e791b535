import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** What distroless's image `cc` contains, as far as Node and the native packages need it. */
const RUNTIME_PACKAGES = [
  'base-files',
  'ca-certificates',
  'gcc-12-base',
  'libc6',
  'libgcc-s1',
  'libstdc++6',
  'netbase',
  'tzdata',
];
/** What `RUN` needs besides: a shell and a few commands. */
const BUILD_PACKAGES = [
  'coreutils',
  'dash',
  'libacl1',
  'libattr1',
  'libgmp10',
  'libpcre2-8-0',
  'libselinux1',
];

/** Folders of a package that no program reads. The copyright files stay: the licences ask for it. */
const LEFT_OUT = ['./usr/share/man/*', './usr/share/locale/*', './usr/share/lintian/*', './usr/share/info/*'];

/**
 * The root file systems that stand in for the two images that the Dockerfile starts from, where no registry can be reached:
 * `node` with Node, npm and a shell, in which the stages are built, and `runtime`, in which the services run. Their files are
 * Debian's packages and the Node of this machine.
 */
export const debianRoots = {
  /** Names and versions of everything in them: when this changes, the roots are built again. */
  key() {
    return JSON.stringify([
      candidates([...RUNTIME_PACKAGES, ...BUILD_PACKAGES]),
      process.version,
      npmVersion(),
    ]);
  },
  /** @param {string} folder a new folder, in which `node/` and `runtime/` are written */
  build(folder) {
    const archives = download([...RUNTIME_PACKAGES, ...BUILD_PACKAGES], join(folder, 'packages'));
    const root = (name, packages) => {
      const target = join(folder, name);
      unpack(
        archives.filter((archive) => packages.some((name) => archive.name === name)),
        target,
      );
      return target;
    };
    root('runtime', RUNTIME_PACKAGES);
    addNode(root('node', [...RUNTIME_PACKAGES, ...BUILD_PACKAGES]));
  },
};

/** The newest versions that apt knows, as `name=version`. */
function candidates(names) {
  const { stdout } = run('apt-cache', ['policy', ...names]);
  const found = [...stdout.matchAll(/^(\S+):\n.*\n {2}Candidate: (?!\(none\))(\S+)/gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
  if (found.length === names.length) return found;
  throw new Error(
    `images: apt does not know all of ${names.join(', ')}. Run "apt-get update", or pass --node-image and --base-image.`,
  );
}

/** @returns {{ name: string, file: string }[]} */
function download(names, folder) {
  mkdirSync(folder, { recursive: true });
  run('apt-get', ['download', '-q', ...candidates(names)], {
    cwd: folder,
  });
  return readdirSync(folder).map((file) => ({
    name: file.slice(0, file.indexOf('_')),
    file: join(folder, file),
  }));
}

function unpack(archives, root) {
  // Debian's root folders are links into usr; packages that still name them are unpacked through the links.
  mkdirSync(join(root, 'usr'), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    mkdirSync(join(root, 'usr', name));
    symlinkSync(`usr/${name}`, join(root, name));
  }
  // Scanners read the packages of an image without dpkg here.
  const status = join(root, 'var/lib/dpkg/status.d');
  mkdirSync(status, { recursive: true });
  for (const { name, file } of archives) {
    const content = execFileSync('dpkg-deb', ['--fsys-tarfile', file], { maxBuffer: 1 << 30 });
    const exclude = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
    execFileSync('tar', ['-x', '--keep-directory-symlink', '-C', root, ...exclude], { input: content });
    writeFileSync(join(status, name), execFileSync('dpkg-deb', ['--field', file]));
  }
  leaveOutDocuments(join(root, 'usr/share/doc'));
  bundleCertificates(root);
  chmodSync(join(root, 'tmp'), 0o1777);
}

function leaveOutDocuments(folder) {
  for (const name of readdirSync(folder)) {
    for (const file of existsSync(join(folder, name, 'copyright')) ? readdirSync(join(folder, name)) : [])
      if (file !== 'copyright') rmSync(join(folder, name, file), { recursive: true });
  }
}

/** The package would write this file when it is installed, with a program that is not here. */
function bundleCertificates(root) {
  const source = join(root, 'usr/share/ca-certificates/mozilla');
  const bundle = readdirSync(source)
    .sort()
    .map((file) => readFileSync(join(source, file), 'utf8').trimEnd());
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true });
  writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), `${bundle.join('\n')}\n`);
}

/** Node and npm of this machine, where the image `node` has them. */
function addNode(root) {
  const { stdout } = run('ldd', [process.execPath]);
  const known = ['lib', 'lib64', 'usr/lib'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }),
  );
  const names = [...stdout.matchAll(/^\s*(\S+\.so\S*)/gm)].map(([, name]) => name.replace(/^.*\//, ''));
  const missing = names.filter(
    (name) => name !== 'linux-vdso.so.1' && !known.some((file) => String(file).endsWith(name)),
  );
  if (missing.length > 0)
    throw new Error(
      `images: ${process.execPath} needs ${missing.join(', ')}, which the image would not have. Start this with a Node of ` +
        'nodejs.org, or pass --node-image with an image that has Node and npm.',
    );
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'));
  const npm = join(root, 'usr/local/lib/node_modules/npm');
  cpSync(npmFolder(), npm, { recursive: true, verbatimSymlinks: true });
  for (const program of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, join(root, 'usr/local/bin', program));
}

function npmFolder() {
  const folder = ['lib', 'lib64']
    .map((lib) => join(dirname(process.execPath), '..', lib, 'node_modules', 'npm'))
    .find(existsSync);
  if (!folder)
    throw new Error(
      `images: there is no npm beside ${process.execPath}; pass --node-image with an image that has both`,
    );
  return folder;
}

function npmVersion() {
  return JSON.parse(readFileSync(join(npmFolder(), 'package.json'), 'utf8')).version;
}

function run(command, args, options) {
  const result = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (result.status !== 0)
    throw new Error(
      `images: "${command} ${args.join(' ')}" failed: ${result.error?.message ?? result.stderr.trim()}. The root file system is ` +
        'made from packages of Debian; on other systems pass --node-image and --base-image, or use "docker build".',
    );
  return result;
}
