import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@open-chatgpt/cli';
import { setThreads } from '@open-chatgpt/runtime';
import { type S3Server, startS3 } from '@open-chatgpt/tools/s3/s3-server.cjs';
import { startEmbeddedPlatform } from '../testing/embedded-platform';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';
import { settings, weightsOf } from '../testing/train';
import { until } from '../testing/until';

describe.each(['a folder', 'S3'])('an imported model on a platform whose store is %s', (kind) => {
  let cwd: string;
  let platform: Platform;
  let s3: S3Server | undefined;
  let store: string;
  let env: Record<string, string>;

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await openchat([...args, '--json'], { cwd, env });
    return { code, stderr, lines: stdout === '' ? [] : jsonLines(stdout) };
  };
  const importModel = (path: string, ...args: string[]) =>
    run('model', 'import', path, '--store', store, '--gateway', platform.url, ...args);
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await fetch(`${platform.url}${path}`)).json() as Promise<Record<string, unknown>>;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'imported-'));
    s3 = kind === 'S3' ? await startS3() : undefined;
    store = s3 ? 's3://open-chatgpt/imported' : join(cwd, 'store');
    env = s3
      ? {
          AWS_ENDPOINT_URL_S3: s3.endpoint,
          AWS_ACCESS_KEY_ID: s3.accessKey,
          AWS_SECRET_ACCESS_KEY: s3.secretKey,
          AWS_REGION: s3.region,
        }
      : {};
    // As in the pipeline: serving and training share this process.
    setThreads(1);
    platform = await startEmbeddedPlatform(cwd, {
      OPEN_CHATGPT_STORE: store,
      ...s3?.env,
      OPEN_CHATGPT_WORK_DIR: join(cwd, 'work'),
      OPEN_CHATGPT_INFERENCE_MODELS: 'latest,mine=store:mine',
    });
    writeTinyPipeline(cwd);
    const plain = await run('run', 'tiny.yaml', '--out', 'plain', ...settings('ppo=null'));
    expect(plain).toMatchObject({ code: 0 });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    await s3?.stop();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('is imported once, under an id that no other import can take', async () => {
    const [first, again] = [
      await importModel('plain/models/sft', '--id', 'mine'),
      await importModel('plain/models/sft', '--id', 'mine'),
    ];
    expect(first).toMatchObject({ code: 0, lines: [{ type: 'imported', modelId: 'mine', family: 'llama' }] });
    expect(again.lines).toEqual(first.lines);
    const other = await importModel('plain/models/sft', '--id', 'mine', '--dtype', 'bf16');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('another model "mine"; import it with another --id'),
    ]);
    const listed = await run('get', 'models', '--gateway', platform.url);
    expect(listed.lines).toMatchObject([
      { modelId: 'mine', kind: 'language-model', manifest: first.lines[0].manifest },
    ]);
  });

  it('is the base of a pipeline and the root of the lineage', async () => {
    const stages = ['reward=null', 'ppo=null'];
    const local = await run(
      'run',
      'tiny.yaml',
      '--out',
      'local',
      ...settings('model={path: plain/models/sft}', ...stages),
    );
    expect(local.code).toBe(0);
    const { code, lines } = await run(
      'run',
      'tiny.yaml',
      '--gateway',
      platform.url,
      ...settings('model={path: "store:mine"}', ...stages),
    );
    expect([code, lines.at(-1)]).toEqual([0, expect.objectContaining({ status: 'completed' })]);
    const { pipelineId } = lines.at(-1) as { pipelineId: string };
    const trained = weightsOf(join(cwd, 'work/runs', pipelineId), 'sft');
    expect(trained.equals(weightsOf(join(cwd, 'local'), 'sft'))).toBe(true);
    expect(await get(`/v1/models/${pipelineId}-sft/lineage`)).toMatchObject({
      parents: [{ model: { modelId: 'mine', kind: 'language-model' }, run: null, parents: [] }],
    });
  }, 60_000);

  it('may be a reward model, with which PPO trains a model without SFT', async () => {
    expect(await importModel('plain/models/reward', '--id', 'scorer')).toMatchObject({ code: 0 });
    const changes = [
      'model={path: "store:mine"}',
      'sft=null',
      'reward=null',
      'ppo.models.rewardModel="store:scorer"',
    ];
    const { code, lines } = await run('run', 'tiny.yaml', '--gateway', platform.url, ...settings(...changes));
    expect([code, lines.at(-1)]).toEqual([0, expect.objectContaining({ status: 'completed' })]);
    const { pipelineId } = lines.at(-1) as { pipelineId: string };
    const { parents } = (await get(`/v1/models/${pipelineId}-ppo/lineage`)) as {
      parents: { model: { modelId: string } }[];
    };
    expect(parents.map(({ model }) => model.modelId).sort()).toEqual(['mine', 'scorer']);
  }, 60_000);

  it('is served under its id', async () => {
    const answer = async () =>
      fetch(`${platform.inferenceUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'mine',
          messages: [{ role: 'user', content: 'say apple' }],
          max_tokens: 8,
        }),
      });
    // The model did not exist when the service started, which retries every few seconds.
    await until(async () => (await answer()).ok);
    expect(await (await answer()).json()).toMatchObject({ choices: [{ message: { role: 'assistant' } }] });
  }, 30_000);

  it('is not removed by garbage collection', async () => {
    const { code, lines } = await run('gc', '--grace', '1h', '--gateway', platform.url);
    const none = { folders: 0, bytes: 0, keys: [] };
    expect([code, lines]).toEqual([
      0,
      [expect.objectContaining({ type: 'garbage', hidden: none, removed: none })],
    ]);
    const { stdout } = await openchat(['gc', '--dry-run', '--gateway', platform.url], {
      cwd,
      env,
    });
    expect(stdout).toMatch(
      /^Would remove: 0 folders, 0 B\nWould hide, to be removed after 24 h: 0 folders, 0 B\nKept: \d+ folders\n$/,
    );
    expect(await run('gc', '--grace', '5m')).toMatchObject({ code: 2 });
  });

  it('is deleted, and the API still reports that it existed', async () => {
    expect(await run('delete', 'models', 'scorer', '--gateway', platform.url)).toMatchObject({
      code: 0,
    });
    expect(await get('/v1/models/scorer')).toMatchObject({ deletedAt: expect.any(String) });
    const { lines } = await run('get', 'models', '--gateway', platform.url);
    expect(lines.map(({ modelId }) => modelId)).not.toContain('scorer');
    const again = await importModel('plain/models/reward', '--id', 'scorer');
    expect([again.code, (await get('/v1/models/scorer')).deletedAt]).toEqual([0, undefined]);
  }, 30_000);

  it('names the remedy for a model that does not exist', async () => {
    const named = (path: string) =>
      run('run', 'tiny.yaml', '--gateway', platform.url, ...settings(`model={path: "${path}"}`));
    const unknown = await named('store:none');
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringMatching(/there is no model "none"; openchat model import/),
    ]);
    const elsewhere = await named('/of/my/laptop');
    expect([elsewhere.code, elsewhere.stderr]).toEqual([
      1,
      expect.stringMatching(/model\.path: files of the machines .*openchat model import PATH/s),
    ]);
    const here = await run('run', 'tiny.yaml', '--out', 'x', ...settings('model={path: "store:none"}'));
    expect([here.code, here.stderr]).toEqual([
      2,
      expect.stringMatching(/store:none: .* has no such model; OPEN_CHATGPT_STORE names the store/),
    ]);
    const missing = await importModel('nowhere');
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('nowhere: does not exist')]);
    const nowhere = await run('model', 'import', 'plain/models/sft');
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('either --to')]);
  }, 60_000);
});
