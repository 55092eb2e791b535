import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { acquireLock } from '../lock.cjs';
import { missingBuildah, openBuildah } from './buildah.mjs';
import { debianRoots } from './debian.mjs';
import { inputs } from './inputs.mjs';
import { createLayout } from './oci-layout.mjs';
import { images, withTargets } from './targets.mjs';

const root = join(import.meta.dirname, '..', '..');
const cache = join(process.env.OPEN_CHATGPT_CACHE || join(homedir(), '.cache', 'open-chatgpt'), 'images');

/** The newest results stay. */
const KEPT = 4;

/**
 * Builds images, unless the same files were built before.
 * @param {object} options
 * @param {string[]} [options.names] apps; all by default
 * @param {'cpu' | 'cuda'} [options.variant]
 * @param {string} [options.repository] what the references begin with
 * @param {Record<string, string | undefined>} [options.args] arguments of the Dockerfile, such as BASE_IMAGE. Without NODE_IMAGE
 *   and BASE_IMAGE, root file systems made from Debian's packages take their place
 * @param {string} [options.xlaPlugin] folder of the installed plugin cuda12, which takes the place of the stage xla-plugin
 * @returns {{ folder: string, archive: string, images: Record<string, { reference: string, digest: string, layers: string[],
 *   bytes: number }> }} the folder with everything, the archive of all images in it, and the images by name
 */
export function buildImages({
  names = [],
  variant = 'cpu',
  repository = 'localhost/open-chatgpt',
  args = {},
  xlaPlugin,
} = {}) {
  const targets = choose(names, variant);
  if (xlaPlugin && variant !== 'cuda') throw new Error('images: --xla-plugin is for --variant cuda');
  const plugin = xlaPlugin ? readManifest(xlaPlugin) : null;
  const missing = missingBuildah();
  if (missing) throw new Error(`images: ${missing}. docs/images.md says how to build them with Docker.`);

  const bases = args.NODE_IMAGE && args.BASE_IMAGE ? null : debianRoots.key();
  const { revision, tag: sources, digest } = inputs();
  const tag = variant === 'cpu' ? sources : `${sources}-${variant}`;
  const key = sha256(JSON.stringify([targets, variant, repository, args, plugin, bases, digest])).slice(0, 8);
  const folder = join(cache, 'built', `${tag}-${key}`);
  const release = acquireLock(join(cache, 'building.lock'), (holder) =>
    console.error(`images: waiting for process ${holder}, which builds images`),
  );
  try {
    if (!existsSync(folder)) {
      mkdirSync(join(cache, 'built'), { recursive: true });
      const work = mkdtempSync(join(cache, 'building-'));
      const buildah = openBuildah(cache);
      try {
        const given = {
          ...(bases && debianImages(buildah, bases, work)),
          ...args,
          VERSION: version(),
          REVISION: revision,
        };
        const reference = (name) => `${repository}/${name}:${tag}`;
        build({ buildah, targets, variant, reference, given, xlaPlugin, work });
        renameSync(work, folder);
        removeOld(join(cache, 'built'));
      } finally {
        buildah.removeContainers();
        rmSync(work, { recursive: true, force: true });
      }
    }
  } finally {
    release();
  }
  return {
    folder,
    archive: join(folder, 'images.tar'),
    images: JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')),
  };
}

/** @returns {string[]} */
function choose(names, variant) {
  if (variant !== 'cpu' && variant !== 'cuda')
    throw new Error(`images: found the variant "${variant}", expected cpu or cuda`);
  const known = images();
  const unknown = names.filter((name) => !known.some((image) => image.name === name));
  if (unknown.length > 0)
    throw new Error(
      `images: no app is named ${unknown.join(', ')}; known: ${known.map(({ name }) => name).join(', ')}`,
    );
  const chosen = known.filter(({ name }) => names.length === 0 || names.includes(name));
  const without = chosen.filter(({ hasEngine }) => variant === 'cuda' && !hasEngine).map(({ name }) => name);
  if (names.length > 0 && without.length > 0)
    throw new Error(`images: ${without.join(', ')} computes nothing, so it has no variant for CUDA`);
  return chosen.map(({ name }) => name).filter((name) => !without.includes(name));
}

/** What an installed plugin consists of, with the hash of each file: another plugin is another image. */
function readManifest(folder) {
  const file = join(folder, 'manifest.json');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new Error(
    `images: ${file} is missing; --xla-plugin expects the folder that "openchat device install cuda12" prints`,
  );
}

/** The images from Debian's packages that take the place of the defaults of the Dockerfile. */
function debianImages(buildah, key, work) {
  const reference = (name) => `localhost/open-chatgpt-base/${name}:${sha256(key).slice(0, 12)}`;
  const names = ['node', 'runtime'];
  if (!names.every((name) => buildah.has(reference(name)))) {
    const roots = join(work, 'roots');
    debianRoots.build(roots);
    const dockerfile = join(work, 'roots.Dockerfile');
    writeFileSync(dockerfile, `FROM scratch\nCOPY . /\nENV PATH=${PATH}\n`);
    for (const name of names)
      buildah.build(['--tag', reference(name), '--file', dockerfile, join(roots, name)]);
    rmSync(roots, { recursive: true });
    rmSync(dockerfile);
  }
  return { NODE_IMAGE: reference('node'), BASE_IMAGE: reference('runtime') };
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function build({ buildah, targets, variant, reference, given, xlaPlugin, work }) {
  // This buildah (1.28) replaces arguments in the names of images, but not in the names of stages.
  const dockerfile = join(work, 'Dockerfile');
  const text = withTargets(readFileSync(join(root, 'Dockerfile'), 'utf8'));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an argument of the Dockerfile
  writeFileSync(dockerfile, text.replaceAll('${VARIANT}', variant));
  const options = [
    ...Object.entries(given).flatMap(([name, value]) => (value ? ['--build-arg', `${name}=${value}`] : [])),
    ...(xlaPlugin ? ['--build-context', `xla-plugin=${xlaPlugin}`] : []),
    ...npmSettings(),
  ];
  const layout = createLayout(join(work, 'layout'));
  const built = {};
  for (const name of targets) {
    const image = reference(name);
    buildah.build([...options, '--target', name, '--tag', image, '--file', dockerfile, root]);
    buildah.run([
      'push',
      '--quiet',
      '--format',
      'oci',
      '--disable-compression',
      image,
      `dir:${join(work, name)}`,
    ]);
    built[name] = layout.add(image, join(work, name));
    buildah.withRoot(image, (files) =>
      copyFileSync(join(files, 'app', 'sbom.cdx.json'), join(work, `${name}.cdx.json`)),
    );
  }
  layout.archive(join(work, 'images.tar'));
  rmSync(join(work, 'layout'), { recursive: true });
  rmSync(dockerfile);
  writeFileSync(join(work, 'images.json'), `${JSON.stringify(built, null, 1)}\n`);
}

/** npm in the build reads the same settings and certificates as npm here; none of them is left in an image. */
function npmSettings() {
  const setting = (name) => spawnSync('npm', ['config', 'get', name], { encoding: 'utf8' }).stdout.trim();
  const [userconfig, cafile] = ['userconfig', 'cafile'].map(setting);
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  return [
    ...(existsSync(userconfig) ? ['--secret', `id=npmrc,src=${userconfig}`] : []),
    ...(certificates ? ['--secret', `id=ca,src=${certificates}`] : []),
    ...(existsSync(cafile) ? ['--volume', `${cafile}:${cafile}:ro`] : []),
  ];
}

function removeOld(folder) {
  const age = (name) => statSync(join(folder, name)).mtimeMs;
  const newestFirst = readdirSync(folder).sort((a, b) => age(b) - age(a));
  for (const name of newestFirst.slice(KEPT)) rmSync(join(folder, name), { recursive: true });
}

function version() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
