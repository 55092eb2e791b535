import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCurrent, openObjectStore, publishFolder } from '@open-chatgpt/storage';
import { compile, jsonLines, openchat } from '../testing/openchat';

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
