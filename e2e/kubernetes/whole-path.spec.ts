import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, missingNode, startCluster, TIMEOUT } from '@open-chatgpt/tools/cluster/cluster.cjs';
import { writeKafkaImage, writeS3Image } from '@open-chatgpt/tools/cluster/dev-images.cjs';
import { findEnvironment } from '@open-chatgpt/tools/python/environment.cjs';
import { stringify } from 'yaml';
import { followRun } from './testing/follow-run';
import { builtImages } from './testing/images';
import { isTrue, type Resource } from './testing/operator';
import { quickstart } from './testing/quickstart';
import { withStore } from './testing/store-in-cluster';

const root = join(__dirname, '../..');
const MINUTE = 60_000;

const CONSUMER_REQUIREMENTS = join(root, 'examples/consumers/requirements.txt');

const LEARNER = 'open-chatgpt.io/run=quickstart-ppo,open-chatgpt.io/role=trainer';

/** The nodes share the cores of this machine; the threads of a run, and so its bytes, are those of its file. */
const resources = { requests: { cpu: '100m', memory: '256Mi' } };

const missing = missingNode();
if (missing)
  console.warn(`the whole path on real nodes: ${missing}; it is skipped, or fails where CI is set`);
const onNodes = missing && !process.env['CI'] ? describe.skip : describe;

onNodes('the whole path on real nodes', () => {
  let cluster: Cluster;
  let folder: string;
  let values: string;
  /** SHA-256 of the weights of each stage on the laptop. */
  let local: Record<string, string>;
  let python: string;
  const namespace = 'open-chatgpt';

  const kubectl = (...args: string[]) => cluster.kubectl(args, { namespace });
  const get = (...args: string[]) => cluster.json<Resource>(['get', ...args], { namespace });
  const podsOf = async (selector: string): Promise<Resource[]> =>
    (await cluster.json(['get', 'pods', '--selector', selector], { namespace })).items;
  const runOf = (stage: string) => get('trun', `quickstart-${stage}`).catch(() => undefined);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'whole-path-'));
    const found = findEnvironment(CONSUMER_REQUIREMENTS);
    if (!found)
      throw new Error(
        'run "node tools/python/make.mjs examples/consumers/requirements.txt" outside of the namespaces',
      );
    python = found;
    const images = builtImages();
    const [kafka, s3] = [join(folder, 'kafka.tar'), join(folder, 's3.tar')];
    await writeKafkaImage(kafka, 'localhost/dev/kafka:1');
    writeS3Image(s3, 'localhost/dev/s3:1');
    cluster = await startCluster({ nodes: 2, evictionSeconds: 30 });
    for (const archive of [images.archive, kafka, s3]) await cluster.importImage(archive);
    values = join(folder, 'values.yaml');
    const dev = (name: string) => ({
      enabled: true,
      image: { repository: `localhost/dev/${name}`, tag: '1', digest: '', pullPolicy: 'Never' },
      resources: { requests: { cpu: '10m', memory: '64Mi' } },
    });
    writeFileSync(
      values,
      stringify({
        image: { registry: 'localhost', repository: 'open-chatgpt', tag: images.tag, pullPolicy: 'Never' },
        dev: { kafka: dev('kafka'), s3: dev('s3') },
        s3: { createBucket: true },
        gateway: { auth: { anonymous: true } },
        dataIngestion: { fromStores: ['s3://open-chatgpt/uploads'] },
      }),
    );
    await cluster.kubectl(['create', 'namespace', namespace]);
    await cluster.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
    await cluster.helm(['install', 'oc', join(root, 'helm/open-chatgpt'), '--values', values], { namespace });
    await cluster.kubectl(['wait', '--for=condition=Available', 'deployment', '--all', '--timeout=240s'], {
      namespace,
    });
  }, 15 * MINUTE);
  afterAll(async () => {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, MINUTE);

  it(
    'trains the quickstart while pods are killed, drained and scaled, to the bytes of the laptop',
    async () => {
      const file = quickstart();
      const resource = {
        apiVersion: 'open-chatgpt.io/v1alpha1',
        kind: 'RlhfPipeline',
        metadata: { name: 'quickstart' },
        spec: {
          ...file,
          trainer: { resources },
          rollouts: { replicas: 2, resources },
          critics: { resources },
        },
      };
      await cluster.apply(resource, { namespace });

      const { runId } = await cluster.until('SFT to have an id', async () => {
        const status = (await runOf('sft'))?.status;
        return status?.runId ? status : undefined;
      });
      const followed = followRun(cluster, { python, namespace, runId });

      // Drain the node of the SFT pod in the middle of its run: the run goes on, on the other node.
      // It may end within seconds on a fast machine.
      const [sft] = await cluster.until(
        'SFT to train',
        async () =>
          ((await runOf('sft'))?.status?.step ?? 0) > 0
            ? podsOf('open-chatgpt.io/run=quickstart-sft')
            : undefined,
        180,
      );
      const node = sft.spec.nodeName;
      await cluster.kubectl([
        'drain',
        node,
        '--ignore-daemonsets',
        '--delete-emptydir-data',
        '--pod-selector',
        'open-chatgpt.io/run',
        TIMEOUT,
      ]);
      await cluster.until('SFT to complete', async () => isTrue((await runOf('sft'))!, 'Complete'), 240);
      await cluster.kubectl(['uncordon', node]);
      const drained = (await runOf('sft'))!.status;
      expect(drained).toMatchObject({ failures: 0 });
      expect(drained.disruptions).toBeGreaterThan(0);
      const { code, lines } = await followed;
      const started = lines.filter((line) => / sft \d+: started by .*, attempt [12], /.test(line));
      expect(started.length).toBeGreaterThan(1);
      expect(lines.at(-1)).toMatch(/ sft \d+: completed, /);
      expect(code).toBe(0);

      // The operator is killed while the reward model trains.
      await cluster.until(
        'the reward model to train',
        async () => (await runOf('reward'))?.status?.phase === 'Running',
        120,
      );
      await kubectl(
        'delete',
        'pod',
        '--selector',
        'app.kubernetes.io/component=operator',
        '--grace-period=0',
        '--force',
      );

      // A rollout pod is killed, and the workers are scaled, while PPO trains.
      await cluster.until(
        'two rollout workers',
        async () => (await runOf('ppo'))?.status?.rollouts?.ready === 2,
        240,
      );
      await cluster.until(
        'an iteration of PPO',
        async () => ((await runOf('ppo'))?.status?.step ?? 0) > 0,
        240,
      );
      const [rollout] = await podsOf('open-chatgpt.io/run=quickstart-ppo,open-chatgpt.io/role=rollout');
      await kubectl('delete', 'pod', rollout.metadata.name, '--grace-period=0', '--force');
      await kubectl('scale', 'trun/quickstart-ppo', '--replicas=3');
      await cluster.until(
        'three rollout workers',
        async () =>
          (await runOf('ppo'))?.status?.rollouts?.replicas === 3 || isTrue((await runOf('ppo'))!, 'Complete'),
        120,
      );
      await kubectl('scale', 'trun/quickstart-ppo', '--replicas=1');

      // The chart is upgraded: its services are replaced one by one, and the pod of the run goes on.
      const [learner] = await podsOf(LEARNER);
      await cluster.helm(
        [
          'upgrade',
          'oc',
          join(root, 'helm/open-chatgpt'),
          '--values',
          values,
          '--set',
          'telemetry.logLevel=warn',
        ],
        { namespace },
      );
      await kubectl(
        'rollout',
        'status',
        'deployment',
        '--selector',
        'app.kubernetes.io/instance=oc',
        TIMEOUT,
      );

      await kubectl('wait', '--for=condition=Complete', 'rlhf/quickstart', '--timeout=600s');
      const learners = await podsOf(LEARNER);
      expect(learners.map(({ metadata }) => metadata.uid)).toEqual([learner.metadata.uid]);
      local = trainLocally(file);
      for (const stage of ['sft', 'reward', 'ppo'])
        expect([stage, await hashInCluster(`quickstart-${stage}`)]).toEqual([stage, local[stage]]);
    },
    25 * MINUTE,
  );

  it(
    'says that the memory limit is too low before it trains, and goes on with a higher one',
    async () => {
      const { stages, ...file } = quickstart();
      const limited = (memory: string) => ({
        trainer: { resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory } } },
      });
      const spec = { ...file, stages: stages.slice(0, 1), backoffLimit: 1, ...limited('128Mi') };
      await cluster.apply(
        { apiVersion: 'open-chatgpt.io/v1alpha1', kind: 'RlhfPipeline', metadata: { name: 'small' }, spec },
        { namespace },
      );
      await kubectl('wait', '--for=condition=Failed', 'rlhf/small', TIMEOUT);
      const { status } = await get('trun', 'small-sft');
      expect(status.failures).toBe(1);
      expect(JSON.stringify(status)).toContain('there are 128 MiB. Give the process more memory.');
      const patch = {
        spec: limited('2Gi'),
        metadata: { annotations: { 'open-chatgpt.io/resume': 'more memory' } },
      };
      await kubectl('patch', 'rlhf', 'small', '--type=merge', '--patch', JSON.stringify(patch));
      await kubectl('wait', '--for=condition=Complete', 'rlhf/small', '--timeout=240s');
      expect(await hashInCluster('small-sft')).toBe(local['sft']);
    },
    10 * MINUTE,
  );

  it(
    'serves the model through its Service',
    async () => {
      await cluster.apply(
        {
          apiVersion: 'open-chatgpt.io/v1alpha1',
          kind: 'ModelServer',
          metadata: { name: 'chat' },
          spec: {
            model: 'latest:quickstart',
            pods: { resources: { requests: { cpu: '100m', memory: '128Mi' } } },
          },
        },
        { namespace },
      );
      await kubectl('wait', '--for=condition=Ready', 'msrv/chat', TIMEOUT);
      const body = JSON.stringify({
        model: 'quickstart',
        messages: [{ role: 'user', content: 'Add 2 and 3.' }],
        max_tokens: 16,
        temperature: 0,
      });
      const program = `fetch('http://chat.${namespace}.svc/v1/chat/completions',{method:'POST',headers:{'content-type':'application/json'},body:${JSON.stringify(body)}}).then(r=>r.text()).then(t=>process.stdout.write(t))`;
      const [gateway] = await podsOf('app.kubernetes.io/component=gateway');
      // The rules of the Service reach the nodes a moment after the pod is ready.
      const answer = await cluster.until('an answer through the Service', async () =>
        JSON.parse(await kubectl('exec', gateway.metadata.name, '--', 'node', '-e', program)),
      );
      expect(answer.choices[0].message.content.length).toBeGreaterThan(0);
    },
    5 * MINUTE,
  );

  it(
    'trains on a dataset that it has ingested, to the bytes of the laptop',
    async () => {
      const rows = Array.from({ length: 200 }, (_, i) =>
        JSON.stringify({ instruction: `What is ${i} plus ${i + 1}?`, output: `${2 * i + 1}` }),
      ).join('\n');
      await withStore(
        cluster,
        namespace,
        `await store.put('uploads/sums.jsonl', Buffer.from(${JSON.stringify(rows)}));`,
      );
      // The sums are near-duplicates of each other.
      const options = { split: { evalFraction: 0.1 }, dedup: { near: false } };
      const resource = (kind: string, name: string, spec: object) => ({
        apiVersion: 'open-chatgpt.io/v1alpha1',
        kind,
        metadata: { name },
        spec,
      });
      const { model, seed, threads } = quickstart();
      const stage = (path: string) => ({
        name: 'sft',
        uses: 'sft',
        with: { dataset: { path }, maxSteps: 12 },
      });
      await cluster.apply(
        [
          resource('Dataset', 'sums', { source: 's3://open-chatgpt/uploads/sums.jsonl', options }),
          resource('RlhfPipeline', 'ingested', {
            ...{ model, seed, threads, trainer: { resources } },
            stages: [stage('dataset:sums')],
          }),
        ],
        { namespace },
      );
      await kubectl('wait', '--for=condition=Complete', 'rlhf/ingested', '--timeout=240s');
      expect((await get('dset', 'sums')).status).toMatchObject({ rows: { read: 200, kept: 200 } });
      const file = join(folder, 'sums.jsonl');
      writeFileSync(file, rows);
      openchat(
        'data',
        'ingest',
        file,
        '--out',
        join(folder, 'sums'),
        '--eval-fraction',
        '0.1',
        '--no-near-dedup',
      );
      const here = trainLocally({ model, seed, threads, stages: [stage(join(folder, 'sums'))] }, 'ingested');
      expect(await hashInCluster('ingested-sft')).toBe(here['sft']);
    },
    8 * MINUTE,
  );

  it(
    'prints the log of a run, and passes the test of the chart',
    async () => {
      // The node's network has a route to pods, and none to the addresses of Services.
      const [{ status }] = await podsOf('app.kubernetes.io/component=gateway');
      const gateway = `http://${status.podIP}:3000`;
      // The runs after the upgrade of the chart log warnings only.
      const { runId } = (await get('trun', 'quickstart-sft')).status;
      expect(openchat('logs', runId, '--gateway', gateway)).toMatch(/"outcome":"completed"/);
      await cluster.helm(['test', 'oc', '--timeout', '300s'], { namespace });
    },
    8 * MINUTE,
  );

  /** The SHA-256 of the weights of a run, read from the store inside the cluster. */
  async function hashInCluster(run: string): Promise<string> {
    const { model } = (await get('trun', run)).status;
    return withStore(
      cluster,
      namespace,
      `const { files } = await describeFolder(store, ${JSON.stringify(model)});
       console.log(files.find(({ path }) => path === 'model.safetensors').sha256);`,
    );
  }

  const openchat = (...args: string[]): string =>
    execFileSync(process.execPath, [join(root, 'apps/cli/bin/openchat.js'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  /** The same pipeline in one process on this machine. @returns the SHA-256 of each stage's weights */
  function trainLocally(
    file: { stages: { uses: string }[]; [field: string]: unknown },
    name = 'quickstart',
  ): Record<string, string> {
    const pipeline = join(folder, `${name}.yaml`);
    writeFileSync(pipeline, stringify({ name, ...file }));
    const out = join(folder, `run-${name}`);
    openchat('run', pipeline, '--out', out);
    const hashOf = (stage: string) =>
      createHash('sha256')
        .update(readFileSync(join(out, 'models', stage, 'model.safetensors')))
        .digest('hex');
    return Object.fromEntries(file.stages.map(({ uses }) => [uses, hashOf(uses)]));
  }
});
