import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFakePlugin } from '@open-chatgpt/cache/testing';
import { packageOf, planInstallation } from '@open-chatgpt/download';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { type Container, Images, missingContainers } from '../testing/image';
import { startOneRun } from '../testing/one-run-process';

const root = join(__dirname, '..', '..');
const MAX_BYTES = 450e6;
/** The folder of an image that its process may write to. */
const WORK_FOLDER = '/work';
/** They compute nothing, so they have no engine. */
const WITHOUT_ENGINE = ['gateway', 'operator'];

/** What may be part of a work under the Apache licence without adding a condition to it. */
const LICENCES = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
];

interface Component {
  'bom-ref': string;
  purl: string;
  name: string;
  licenses?: { license?: { id?: string }; expression?: string }[];
}

const missing = missingContainers();
const images = readdirSync(join(root, 'apps')).filter((app) =>
  existsSync(join(root, 'apps', app, 'src', 'main.ts')),
);
const skipped = missing !== null && !process.env.CI;
if (skipped) console.warn(`the specs of the images are skipped: ${missing}`);

(skipped ? describe.skip : describe)('the images', () => {
  let built: Images;
  let folder: string;

  const filesOf = (name: string) =>
    readdirSync(join(built.mount(name), 'app'), { recursive: true }).map((file) => `/app/${file}`);
  const componentsOf = (name: string, of = built): Component[] =>
    JSON.parse(readFileSync(join(of.mount(name), 'app/sbom.cdx.json'), 'utf8')).components;

  beforeAll(() => {
    if (missing) throw new Error(`images cannot be built and started: ${missing}`);
    built = Images.build();
    folder = mkdtempSync(join(tmpdir(), 'image-spec-'));
  }, 900_000);
  afterAll(() => {
    built?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('are one for each app', () => {
    expect(Object.keys(built.built).toSorted()).toEqual(images.toSorted());
  });

  describe.each(images)('%s', (name) => {
    it('is small, and starts its program as a user without rights', () => {
      expect(built.built[name].bytes).toBeLessThan(MAX_BYTES);
      const config = built.config(name);
      const program = name === 'cli' ? 'bin/openchat.js' : 'dist/main.js';
      expect(config).toMatchObject({
        User: '1000:1000',
        Entrypoint: ['node', `/app/apps/${name}/${program}`],
        WorkingDir: '/work',
        StopSignal: 'SIGTERM',
        Labels: {
          'org.opencontainers.image.title': `open-chatgpt/${name}`,
          'org.opencontainers.image.licenses': 'Apache-2.0',
          'org.opencontainers.image.revision': expect.stringMatching(/^[0-9a-f]{40}$/),
        },
      });
      expect(config.Env).toEqual(
        expect.arrayContaining(['NODE_ENV=production', 'OPEN_CHATGPT_WORK_DIR=/work']),
      );
    });

    it('holds compiled code and what it imports, for this platform only', () => {
      const files = filesOf(name);
      expect(files.filter((file) => /\.(ts|map|tsbuildinfo)$/.test(file))).toEqual([]);
      const ours = files.filter((file) => /^\/app\/(libs|apps)\//.test(file));
      expect(ours.filter((file) => /\.spec\.js$|\/(src|testing)\//.test(file))).toEqual([]);
      const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
      const present = Object.keys(devDependencies).filter((dependency) =>
        files.includes(`/app/node_modules/${dependency}`),
      );
      expect(present).toEqual([]);
      const engines = files.filter((file) => /onnxruntime[^/]*\.(so|dylib|dll|node)/.test(file));
      const library = `/app/node_modules/onnxruntime-node/bin/napi-v6/linux/${process.arch}/libonnxruntime.so.1`;
      expect(engines).toEqual(WITHOUT_ENGINE.includes(name) ? [] : [library]);
      const natives = files.filter((file) => file.endsWith('.node'));
      expect(natives.length > 0).toBe(!WITHOUT_ENGINE.includes(name));
      const platform = new RegExp(`linux[-_]${process.arch}(-gnu)?[./]`);
      expect(natives.filter((file) => !platform.test(file))).toEqual([]);
    });

    it('lists all that it holds, under licences that allow it', () => {
      const components = componentsOf(name);
      const listed = components.map(({ purl }) => purl);
      expect(new Set(components.map((component) => component['bom-ref'])).size).toBe(components.length);

      const installed = filesOf(name)
        .filter((file) => /\/node_modules\/(@[^/]+\/)?[^/@]+\/package\.json$/.test(file))
        .map((file) => JSON.parse(readFileSync(join(built.mount(name), file), 'utf8')))
        .map((manifest) => `pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`);
      expect(installed.length).toBeGreaterThan(100);
      const ownName = `pkg:npm/%40open-chatgpt/${name}@`;
      expect(installed.filter((purl) => !listed.includes(purl) && !purl.startsWith(ownName))).toEqual([]);
      const npm = listed.filter((purl) => purl.startsWith('pkg:npm/') && !purl.includes('%40open-chatgpt'));
      expect(npm.filter((purl) => !installed.includes(purl))).toEqual([]);

      const system = readdirSync(join(built.mount(name), 'var/lib/dpkg/status.d'));
      expect(system).toContain('libc6');
      const debian = listed
        .filter((purl) => purl.startsWith('pkg:deb/'))
        .map((purl) => purl.split(/[/@]/)[2]);
      expect(debian.toSorted()).toEqual(system.toSorted());
      expect(listed).toContain(`pkg:generic/node@${process.versions.node}`);

      const ours = components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
      expect(ours.filter((component) => !mayBeShipped(component)).map(({ purl }) => purl)).toEqual([]);
    });

    it('loads every module that it holds from a read-only root', async () => {
      const modules = filesOf(name).filter((file) => /^\/app\/libs\/[^/]+\/dist\/index\.js$/.test(file));
      expect(modules.length).toBeGreaterThan(4);
      const code = `for (const file of ${JSON.stringify(modules)}) require(file); console.log('loaded')`;
      const { output } = await built.start(name, join(folder, `load-${name}`), ['-e', code], {}, ['node'])
        .ended;
      expect(output).toBe('loaded');
    }, 60_000);
  });

  it('share their layers: trainers differ in the last two', () => {
    const [first, ...others] = images
      .filter((name) => name.endsWith('-trainer'))
      .map((name) => built.built[name]);
    for (const { layers } of others) expect(layers.slice(0, -1)).toEqual(first.layers.slice(0, -1));
    const gateway = built.built['gateway'].layers;
    const shared = gateway.filter((layer) => first.layers.includes(layer));
    expect(shared.length).toBeGreaterThan(3);
  });

  it('a trainer executes one run, to the same weights as outside of a container', async () => {
    const work = join(folder, 'train');
    const { code, output } = await startTraining(built, work).ended;
    if (code !== 0) throw new Error(output);
    const inContainer = JSON.parse(readFileSync(join(work, 'termination.json'), 'utf8'));
    expect(inContainer).toMatchObject({ runId: 'tiny-sft', outcome: 'completed', step: 30 });

    const outside = join(folder, 'outside');
    const process = await startOneRun('sft-trainer', outside, trainingRequest(join(work, 'rows.jsonl')), {
      OPEN_CHATGPT_STORE: join(outside, 'store'),
      OPEN_CHATGPT_WORK_DIR: join(outside, 'work'),
    }).ended;
    expect(process.message?.model?.version).toBe(inContainer.model.version);
  }, 120_000);

  it.each(['gateway', 'sft-trainer'])(
    '%s answers its probes, and ends by SIGTERM',
    async (name) => {
      const env = { OPEN_CHATGPT_PORT: '0', OPEN_CHATGPT_ANONYMOUS: 'true' };
      const container = built.start(name, join(folder, `serve-${name}`), [], env);
      const { url } = JSON.parse(await container.logged('The service is started'));
      expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'ok' });
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      container.kill('SIGTERM');
      const { code, output } = await container.ended;
      expect(output).toContain('The service is stopped');
      expect(code).toBe(0);
    },
    60_000,
  );

  it('writes to /work and /tmp only', async () => {
    const code = `
      const { writeFileSync } = require('fs');
      const attempt = (file) => { try { writeFileSync(file, ''); return 'written'; } catch (error) { return error.code; } };
      console.log(process.getuid(), process.pid, ...['${WORK_FOLDER}/x', '/tmp/x', '/app/x', '/etc/x', '/x'].map(attempt));`;
    const { output } = await built.start('gateway', join(folder, 'write'), ['-e', code], {}, ['node']).ended;
    expect(output).toBe('1000 1 written written EROFS EROFS EROFS');
  });

  it('openchat starts from the examples', async () => {
    const { code, output } = await built.start('cli', join(folder, 'cli'), ['--help']).ended;
    expect(output).toContain('quickstart');
    expect(code).toBe(0);
    expect(filesOf('cli')).toContain('/app/examples/quickstart.yaml');
  }, 60_000);

  describe('for CUDA', () => {
    let cuda: Images;

    beforeAll(() => {
      // A plugin of a few bytes takes the place of one of gigabytes.
      writeFakePlugin(join(folder, 'plugins'), 'cuda12');
      const plugin = join(folder, 'plugins', 'cuda12');
      cuda = Images.build('--variant', 'cuda', '--xla-plugin', plugin, 'sft-trainer');
    }, 600_000);
    afterAll(() => cuda?.close());

    it('share the layers below the plugin, and list the wheels that it is made from', () => {
      const shared = built.built['inference'].layers.filter((layer) =>
        cuda.built['sft-trainer'].layers.includes(layer),
      );
      expect(shared.length).toBeGreaterThan(4);
      const wheelsOf = (of: Images) =>
        componentsOf('sft-trainer', of)
          .map(({ purl }) => purl)
          .filter((purl) => purl.startsWith('pkg:pypi/'));
      const { wheels } = planInstallation('cuda12', 'all');
      expect(wheelsOf(cuda)).toEqual(
        wheels.map(packageOf).map((wheel) => `pkg:pypi/${wheel.package}@${wheel.version}`),
      );
      expect(wheelsOf(built)).toEqual([]);
    });

    it('load the plugin and its libraries from a read-only folder', async () => {
      const { code, output } = await startTraining(cuda, join(folder, 'train-cuda')).ended;
      expect(output).toContain('from /app/plugins/cuda12/nvidia/cuda_runtime/lib/libcudart.so.12: ');
      expect(code).toBeGreaterThan(0);
    }, 60_000);
  });
});

function trainingRequest(rows: string) {
  return {
    runId: 'tiny-sft',
    pipelineId: 'tiny',
    stage: 'sft',
    algorithm: 'sft',
    config: tinyPipeline(rows),
    inputs: { models: {}, datasets: [] },
  };
}

/** Starts a container that trains for a few steps. What it reads and writes lies in the folder `work`. */
function startTraining(images: Images, work: string): Container {
  mkdirSync(work);
  writeFileSync(join(work, 'rows.jsonl'), tinyRows());
  const data = trainingRequest(`${WORK_FOLDER}/rows.jsonl`);
  writeFileSync(join(work, 'request.json'), JSON.stringify({ time: new Date().toISOString(), data }));
  const env = { OPEN_CHATGPT_PORT: '0', OPEN_CHATGPT_TERMINATION_LOG: `${WORK_FOLDER}/termination.json` };
  return images.start('sft-trainer', work, ['run', '--request', `${WORK_FOLDER}/request.json`], env);
}

/** Of alternatives one must be allowed, of a combination all. */
function mayBeShipped({ licenses = [] }: Component): boolean {
  const allowed = (expression: string): boolean =>
    expression
      .replace(/[()]/g, '')
      .split(' OR ')
      .some((alternative) => alternative.split(' AND ').every((one) => LICENCES.includes(one)));
  return (
    licenses.length > 0 &&
    licenses.every(({ license, expression }) => allowed(expression ?? license?.id ?? ''))
  );
}
