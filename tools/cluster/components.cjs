/** The programs of a Kubernetes cluster: which there are, how each is built, and where the cache keeps it. */
const { execFileSync, spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } = require('node:fs');
const { homedir } = require('node:os');
const { dirname, join } = require('node:path');
const { acquireLock } = require('../lock.cjs');
const { clientsFolder, fetchClients } = require('./clients.cjs');
const { fetchForeignResources, foreignResourcesFolder } = require('./foreign-resources.cjs');

const KUBERNETES = 'v1.35.4';
const STRIPPED = '-s -w';

/** Without these a server calls itself v0.0.0-master, and charts with a kubeVersion refuse it. */
const KUBERNETES_LDFLAGS = [
  STRIPPED,
  ...['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=${KUBERNETES}`,
    `-X ${path}.gitMajor=1`,
    `-X ${path}.gitMinor=35`,
    `-X ${path}.gitTreeState=archive`,
    `-X ${path}.buildDate=2026-01-01T00:00:00Z`,
  ]),
].join(' ');

/**
 * In the order in which they are built. `folder` holds go.mod and go.sum; `source` is a file of it that is compiled too;
 * `manifests` is the module whose custom resources and webhooks are kept beside the program.
 */
const COMPONENTS = {
  kube: { folder: 'kube', package: '.', source: 'main.go', ldflags: KUBERNETES_LDFLAGS },
  kwok: { folder: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', ldflags: STRIPPED },
  pause: { folder: 'pause', package: '.', source: 'main.go', ldflags: STRIPPED },
  // Same go.mod as kube, so that it shares the compiled packages.
  kueue: {
    folder: 'kube',
    package: 'sigs.k8s.io/kueue/cmd/kueue',
    ldflags: STRIPPED,
    manifests: 'sigs.k8s.io/kueue',
  },
  coredns: { folder: 'coredns', package: '.', source: 'main.go', ldflags: STRIPPED },
  jobset: {
    folder: 'jobset',
    package: 'sigs.k8s.io/jobset',
    ldflags: STRIPPED,
    manifests: 'sigs.k8s.io/jobset',
  },
};

/** What is fetched ready-made. */
const FETCHED = {
  clients: { folderIn: clientsFolder, fetch: fetchClients },
  'foreign-resources': { folderIn: foreignResourcesFolder, fetch: fetchForeignResources },
};

const names = () => [...Object.keys(FETCHED), ...Object.keys(COMPONENTS)];

function cacheFolder() {
  return join(process.env.OPEN_CHATGPT_CACHE || join(homedir(), '.cache', 'open-chatgpt'), 'cluster');
}

function sourceFolder(name) {
  return join(__dirname, 'components', COMPONENTS[name].folder);
}

function go(name, args) {
  try {
    return execFileSync('go', args, { cwd: sourceFolder(name), encoding: 'utf8', env: environment() }).trim();
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('go cannot be started; install Go 1.26 or newer to build the cluster');
    throw error;
  }
}

function environment() {
  return { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
}

function buildFlags(name) {
  return ['-trimpath', '-buildvcs=false', '-ldflags', COMPONENTS[name].ldflags];
}

/** The folder of a component, named by everything that decides what is in it. */
function folderOf(name) {
  if (FETCHED[name]) return FETCHED[name].folderIn(cacheFolder());
  const component = COMPONENTS[name];
  const files = ['go.mod', 'go.sum', component.source].filter(
    (file) => file && existsSync(join(sourceFolder(name), file)),
  );
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(sourceFolder(name), file)));
  hash.update(JSON.stringify([component.package, buildFlags(name)]));
  hash.update(go(name, ['env', 'GOVERSION', 'GOOS', 'GOARCH']));
  return join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** The components among `wanted` that are not in the cache. */
function missingComponents(wanted = names()) {
  return wanted.filter((name) => !existsSync(folderOf(name)));
}

/**
 * Builds what is missing of `wanted`, one after the other, under a lock.
 * @param report called with a line of progress now and then
 */
async function ensureComponents(wanted = names(), report = () => {}) {
  for (const name of wanted)
    if (!names().includes(name))
      throw new Error(`found no component "${name}", expected one of ${names().join(', ')}`);
  if (missingComponents(wanted).length === 0) return;
  const release = acquireLock(join(cacheFolder(), 'build.lock'), (pid) =>
    report(`waiting for process ${pid}, which is building`),
  );
  // The lock does not outlive a build that is interrupted.
  process.once('exit', release);
  try {
    const missing = missingComponents(wanted);
    for (const [index, name] of missing.entries())
      await withProgress(report, `${name} (${index + 1} of ${missing.length})`, () => make(name));
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

async function withProgress(report, what, work) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  report(`building ${what}`);
  const timer = setInterval(() => report(`building ${what}: ${seconds()} s`), 30_000);
  try {
    await work();
    report(`built ${what} in ${seconds()} s`);
  } finally {
    clearInterval(timer);
  }
}

/** Fills a temporary folder and renames it, so that a folder of the cache is complete or absent. */
async function make(name) {
  mkdirSync(cacheFolder(), { recursive: true });
  const partial = mkdtempSync(join(cacheFolder(), 'partial-'));
  try {
    if (FETCHED[name]) await FETCHED[name].fetch(partial);
    else {
      await compile(name, join(partial, name));
      keepManifests(name, partial);
    }
    renameSync(partial, folderOf(name));
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function compile(name, target) {
  const args = ['build', '-p', '2', ...buildFlags(name), '-o', target, COMPONENTS[name].package];
  const child = spawn('go', args, {
    cwd: sourceFolder(name),
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`go cannot be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`the build of ${name} ended with code ${code}:\n${output.slice(-4000)}`)),
    );
  });
}

/** Copies them out of Go's module cache, which may be emptied after the build. */
function keepManifests(name, folder) {
  const module = COMPONENTS[name].manifests;
  if (!module) return;
  const components = join(go(name, ['list', '-m', '-f', '{{.Dir}}', module]), 'config', 'components');
  for (const path of ['crd/bases', 'crd/patches', 'webhook/manifests.yaml']) {
    const target = join(folder, 'manifests', path);
    mkdirSync(dirname(target), { recursive: true });
    // The files of the module cache are read-only; those of our cache have to stay removable.
    execFileSync('cp', ['-r', '--no-preserve=mode', join(components, path), target]);
  }
}

/** Path of a program: kube, kwok, kueue, coredns, jobset, kubectl or helm. */
function programPath(program) {
  return join(folderOf(program === 'kubectl' || program === 'helm' ? 'clients' : program), program);
}

/** Folder of the custom resources and webhooks that belong to `name`: kueue, jobset or foreign-resources. */
function manifestsFolder(name) {
  return join(folderOf(name), 'manifests');
}

module.exports = { ensureComponents, manifestsFolder, missingComponents, programPath };
