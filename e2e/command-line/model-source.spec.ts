import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCurrent, openObjectStore, publishFolder } from '@open-chatgpt/storage';
import { compile, jsonLines, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

const tiny = join(__dirname, '../../libs/models/golden/llama-gqa-tied');

/** Models are named in the same ways for every command; `store:` is what the platform keeps. */
describe('a model in the store of a platform', () => {
  let cwd: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'model-source-'));
    env = { OPEN_CHATGPT_CACHE: join(cwd, 'cache') };
    const store = openObjectStore(join(cwd, 'store'));
    const manifest = await publishFolder(store, 'models/quickstart-ppo', tiny);
    await makeCurrent(store, 'models/quickstart-ppo', { manifest });
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('is described and exported', async () => {
    const info = await openchat(['model', 'info', 'store:quickstart-ppo', '--json'], { cwd, env });
    expect(info.code).toBe(0);
    expect(jsonLines(info.stdout)[0]).toMatchObject({ family: 'llama' });
    const exported = await openchat(
      ['model', 'export', 'store:quickstart-ppo', '--to', 'out', '--dtype', 'fp32'],
      { cwd, env },
    );
    expect(exported.code).toBe(0);
    expect(JSON.parse(readFileSync(join(cwd, 'out', 'config.json'), 'utf8')).model_type).toBe('llama');
  });

  it('is fetched again where its copy on this machine is damaged', async () => {
    const [{ path }] = jsonLines(
      (await openchat(['model', 'info', 'store:quickstart-ppo', '--json'], { cwd, env })).stdout,
    ) as { path: string }[];
    const file = join(path, 'model.safetensors');
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 1] ^= 1;
    writeFileSync(file, damaged);
    expect((await openchat(['model', 'info', 'store:quickstart-ppo'], { cwd, env })).code).toBe(0);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it.each([
    ['names those of a pipeline', 'store:quickstart', /there are store:quickstart-ppo/],
    ['says where it looked', 'store:other', /has no such model; OPEN_CHATGPT_STORE names the store/],
  ])(
    '%s where there is none of the name',
    async (_, source, message) => {
      for (const command of [
        ['model', 'info', source],
        ['model', 'export', source, '--to', 'never'],
        ['generate', '--model', source, '--prompt', 'hi'],
        ['serve', '--model', source],
        ['score', '--model', source, '--prompt', 'a', '--answer', 'b'],
      ]) {
        const { code, stderr } = await openchat(command, { cwd, env });
        expect([command[0], code]).toEqual([command[0], 2]);
        expect(stderr).toMatch(message);
      }
    },
    60_000,
  );
});

describe('a model to train on', () => {
  let cwd: string;
  const hub = join('hub', 'models--owner--tiny');
  const train = (model: string, ...flags: string[]) => {
    const data = ['--dataset', 'rows.jsonl', '--set', 'sft.dataset.adapter=alpaca', '--max-steps', '1'];
    const env = {
      OPEN_CHATGPT_CACHE: join(cwd, 'cache'),
      HF_HUB_CACHE: join(cwd, 'hub'),
      HF_HUB_OFFLINE: '1',
    };
    return openchat(['sft', '--model', model, ...data, ...flags], { cwd, env });
  };

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'train-on-'));
    writeTinyPipeline(cwd, ['sft']);
    expect(await openchat(['run', 'tiny.yaml', '--out', 'first'], { cwd })).toMatchObject({ code: 0 });
    const made = join(cwd, 'first', 'models', 'sft');
    const store = openObjectStore(join(cwd, 'store'));
    const manifest = await publishFolder(store, 'models/tiny', made);
    await makeCurrent(store, 'models/tiny', { manifest });
    cpSync(made, join(cwd, hub, 'snapshots', 'c0ffee'), { recursive: true });
    mkdirSync(join(cwd, hub, 'refs'));
    writeFileSync(join(cwd, hub, 'refs', 'main'), 'c0ffee');
  }, 60_000);
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each([
    ['a model of a platform', 'store:tiny', 'from-store'],
    ['a model of the hub', 'owner/tiny', 'from-hub'],
  ])(
    'is %s',
    async (_, model, out) => {
      expect(await train(model, '--out', out)).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(join(cwd, out, 'config.yaml'), 'utf8')).toMatch(`path: ${model}\n`);
    },
    60_000,
  );

  it('is planned without a download', async () => {
    const plan = async (model: string) => jsonLines((await train(model, '--dry-run', '--json')).stdout)[0];
    expect(await plan('store:tiny')).toMatchObject({ model: { family: 'llama' }, missing: [] });
    expect(await plan('owner/tiny')).toMatchObject({ model: null, missing: ['owner/tiny'] });
  }, 60_000);

  it.each([
    ['store:tin', /there are store:tiny/],
    ['owner/none', /There is no local file or folder "owner\/none"/],
  ])(
    'is missing: %s',
    async (model, message) => {
      const { code, stderr } = await train(model, '--out', 'never');
      expect(code).not.toBe(0);
      expect(stderr).toMatch(message);
      expect(readdirSync(cwd)).not.toContain('never');
    },
    60_000,
  );
});
