import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';

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

  it('cannot be installed without a connection, which the error says with the remedy', async () => {
    const { code, stderr } = await openchat(['device', 'install', 'cpu'], { cwd, env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the XLA plugin cpu was not installed: .*no connection, ECONNREFUSED; pip: not installed.*copy .*\.whl to \S+ yourself/,
    );
    expect(existsSync(join(cwd, 'cache', 'plugins', 'cpu'))).toBe(false);
  });
});
