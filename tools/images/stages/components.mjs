import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameOf, readLockFile } from './lock-file.mjs';

/**
 * The components of one image as a software bill of materials in the format of CycloneDX 1.5: our projects, the third-party
 * packages with their licences and hashes from the lock file, Node, the packages of the XLA plugin, and those of the operating
 * system.
 * `npm sbom --omit=dev` of npm 11.19 leaves out half of the packages: those that a development dependency needs too.
 * @param app name of the image
 * @param projects folders of the projects in the image
 * @param packages the third-party packages as packages.mjs lists them: from a path in the lock file to those that it needs
 * @param wheels packages of the Python package index from which the XLA plugin is made
 * @param system folder of dpkg in the image, `/var/lib/dpkg`
 */
export function componentsOf({ app, projects, packages, wheels, system }) {
  const lock = readLockFile();
  const npm = (path) => npmComponent(nameIn(lock, path), { license: olderLicence(path), ...lock[path] });
  const ours = projects.map(npm);
  const theirs = Object.keys(packages).map(npm);
  const main = ours.find(({ 'bom-ref': reference }) => reference === npm(`apps/${app}`)['bom-ref']);
  const dependencies = Object.entries(packages).map(([path, needed]) => ({
    ref: npm(path)['bom-ref'],
    dependsOn: [...new Set(needed.map((other) => npm(other)['bom-ref']))].sort(),
  }));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...main, type: 'application' } },
    components: unique([
      ...ours.filter((one) => one !== main),
      ...theirs,
      nodeComponent(),
      ...wheels.map(wheelComponent),
      ...systemComponents(system),
    ]),
    dependencies: mergedByReference(dependencies),
  };
}

function nameIn(lock, path) {
  return path.includes('node_modules/') ? nameOf(path) : lock[path].name;
}

function npmComponent(name, { version, license, integrity }) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [group, base] = name.includes('/') ? name.split('/') : [undefined, name];
  return {
    'bom-ref': purl,
    type: 'library',
    ...(group && { group }),
    name: base,
    version,
    purl,
    ...(license && { licenses: [licence(license)] }),
    ...(integrity && { hashes: integrity.split(' ').map(hash) }),
  };
}

/** Before `license`, a manifest had a list of `licenses`, which the lock file leaves out. */
function olderLicence(path) {
  const { licenses } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  return Array.isArray(licenses) ? licenses.map(({ type }) => type).join(' OR ') : undefined;
}

/** SPDX writes alternatives and combinations as an expression. */
function licence(text) {
  return /[ ()]/.test(text) ? { expression: text } : { license: { id: text } };
}

function hash(integrity) {
  const [algorithm, content] = integrity.split(/-(.*)/);
  return {
    alg: algorithm.toUpperCase().replace('SHA', 'SHA-'),
    content: Buffer.from(content, 'base64').toString('hex'),
  };
}

function nodeComponent() {
  const version = process.versions.node;
  const purl = `pkg:generic/node@${version}`;
  return { 'bom-ref': purl, type: 'platform', name: 'node', version, purl, licenses: [licence('MIT')] };
}

/** NVIDIA's license is none of SPDX's; its text lies beside the libraries. */
function wheelComponent({ package: name, version, license, sha256 }) {
  const purl = `pkg:pypi/${name}@${version}`;
  const known = license === 'NVIDIA' ? { license: { name: license } } : licence(license);
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  return { 'bom-ref': purl, type: 'library', name, version, purl, licenses: [known], hashes };
}

/** Debian has one file for all packages; images without a package manager have one for each. */
function systemComponents(folder) {
  const perPackage = join(folder, 'status.d');
  const texts = existsSync(perPackage)
    ? readdirSync(perPackage)
        .filter((file) => !file.endsWith('.md5sums'))
        .map((file) => readFileSync(join(perPackage, file), 'utf8'))
    : readFileSync(join(folder, 'status'), 'utf8').split('\n\n');
  return texts
    .map((text) =>
      Object.fromEntries(
        [...text.matchAll(/^(Package|Version|Architecture): (.*)$/gm)].map((one) => one.slice(1)),
      ),
    )
    .filter(({ Package }) => Package !== undefined)
    .sort((a, b) => (a.Package < b.Package ? -1 : 1))
    .map(({ Package, Version, Architecture }) => {
      const purl = `pkg:deb/debian/${Package}@${encodeURIComponent(Version)}?arch=${Architecture}`;
      return {
        'bom-ref': purl,
        type: 'library',
        name: Package,
        version: Version,
        purl,
        licenses: [{ license: { name: `see /usr/share/doc/${Package}/copyright` } }],
      };
    });
}

/** The same version may be installed at several places. */
function unique(components) {
  return [...new Map(components.map((component) => [component['bom-ref'], component])).values()];
}

function mergedByReference(dependencies) {
  const merged = new Map();
  for (const { ref, dependsOn } of dependencies)
    merged.set(ref, [...new Set([...(merged.get(ref) ?? []), ...dependsOn])].sort());
  return [...merged].map(([ref, dependsOn]) => ({ ref, dependsOn }));
}
