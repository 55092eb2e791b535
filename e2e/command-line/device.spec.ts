import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { planInstallation } from '@open-chatgpt/download';
import { startPackageIndex } from '@open-chatgpt/download/testing';
import { compile, jsonLines, openchat, start } from '../testing/openchat';

describe('devices', () => {
  let cwd: string;
  let env: Record<string, string>;
  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'device-'));
    // No connection, and neither pip nor nvidia-smi.
    env = {
      OPEN_CHATGPT_CACHE: join(cwd, 'cache'),
      OPEN_CHATGPT_PJRT_PLUGIN: '',
      PIP_INDEX_URL: 'http://127.0.0.1:1/simple',
      PATH: cwd,
    };
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('are listed with what each needs', async () => {
    const { code, stdout } = await openchat(['device', 'list', '--json'], { cwd, env });
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.map(({ type, device, plugin }) => [type, device ?? plugin])).toEqual([
      ['device', 'cpu'],
      ['device', 'xla:cpu'],
      ['device', 'cuda'],
      ['plugin', 'cpu'],
      ['plugin', 'cuda12'],
      ['plugin', 'cuda13'],
    ]);
    expect(lines[0]).toMatchObject({ usable: true, needs: null });
    expect(lines[1]).toMatchObject({ usable: false, needs: 'openchat device install cpu' });
    const table = await openchat(['device', 'list'], { cwd, env });
    expect(table.stdout).toMatch(/^xla:cpu +no +\d+ cores +openchat device install cpu$/m);
    expect(table.stdout).toMatch(/^cuda12 +[\d.]+ +– +not installed$/m);
  });

  it('are not touched by a dry run of an installation, which prints the files and their sizes', async () => {
    const { code, stdout } = await openchat(['device', 'install', 'cuda12', '--dry-run'], { cwd, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^jax-cuda12-pjrt +[\d.]+ +Apache-2.0 +183.0 MiB +464.1 MiB$/m);
    expect(stdout).toMatch(/^nvidia-cudnn-cu12 +[\d.]+ +NVIDIA +730.7 MiB +1.1 GiB$/m);
    expect(stdout).toMatch(/^total +3.0 GiB +4.6 GiB$/m);
    expect(stdout).toContain('Nothing was downloaded.');
    const compiler = ['device', 'install', 'cuda12', '--compiler-only', '--dry-run'];
    expect((await openchat(compiler, { cwd, env })).stdout).not.toContain('cudnn');
    expect(existsSync(join(cwd, 'cache'))).toBe(false);
  });

  it('are not half installed where the installation is killed, and the next one continues the download', async () => {
    const [{ fileName }] = planInstallation('cpu', 'all').wheels;
    const index = await startPackageIndex();
    const wheels = join(cwd, 'killed', 'plugins', 'wheels');
    const settings = { ...env, OPEN_CHATGPT_CACHE: join(cwd, 'killed'), PIP_INDEX_URL: index.url };
    try {
      index.files[fileName] = Buffer.alloc(200_000);
      index.breaks = { after: 150_000, when: () => false };
      const killed = start(['device', 'install', 'cpu'], { cwd, env: settings });
      const part = join(wheels, `${fileName}.part`);
      while (statSync(part, { throwIfNoEntry: false })?.size !== 150_000) await setTimeout(20);
      killed.child.kill('SIGKILL');
      await killed.wait;
      expect(readdirSync(join(cwd, 'killed', 'plugins'))).toEqual(['wheels']);
      index.breaks = null;
      const { stderr } = await openchat(['device', 'install', 'cpu'], { cwd, env: settings });
      expect(index.requests).toEqual([`${fileName} from 0`, `${fileName} from 150000`]);
      // The bytes are not those of the pinned wheel, which is noticed and leaves nothing behind.
      expect(stderr).toContain(`${fileName} has 200000 bytes and the SHA-256`);
      expect(readdirSync(wheels)).toEqual([]);
      expect(readdirSync(join(cwd, 'killed', 'plugins'))).toEqual(['wheels']);
    } finally {
      await index.close();
    }
  });

  it('cannot be installed without a connection, which the error says with the remedy', async () => {
    const { code, stderr } = await openchat(['device', 'install', 'cpu'], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the XLA plugin cpu was not installed: .*no connection, ECONNREFUSED; pip: not installed.*copy .*\.whl to \S+ yourself/,
    );
    expect(existsSync(join(cwd, 'cache', 'plugins', 'cpu'))).toBe(false);
  });
});
