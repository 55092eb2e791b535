import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const START = resolve(__dirname, '../../tools/cluster/start.mjs');

/** As a person starts it: outside of the namespaces of this run. */
const { OPEN_CHATGPT_ISOLATED: _, OPEN_CHATGPT_TEST_CLUSTER: __, ...env } = process.env;

describe('npm run cluster', () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'start-'));
    folder = join(parent, 'cluster');
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  it('starts a cluster on which any command can run, and leaves nothing', async () => {
    const args = [START, '--folder', folder, '--nodes', '3', '--gpus', '4'];
    const program = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => program.once('exit', resolve));
    try {
      const output = await new Promise<string>((resolve, reject) => {
        program.stdout.once('data', (data) => resolve(String(data)));
        program.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
      });
      expect(output).toBe(`KUBECONFIG=${folder}/admin.kubeconfig\n`);
      const enter = (...command: string[]) =>
        execFileSync(join(folder, 'enter'), command, { encoding: 'utf8', cwd: parent });
      const gpus = ['-o', 'jsonpath={.items[*].status.allocatable.nvidia\\.com/gpu}'];
      expect(enter('kubectl', 'get', 'nodes', ...gpus)).toBe('4 4 4');
      expect(enter('helm', 'list', '--short')).toBe('');
      expect(enter('pwd')).toBe(`${parent}\n`);
      expect(enter('ip', 'route')).toBe('');
    } finally {
      program.kill('SIGTERM');
      expect(await ended).toBe(143);
    }
    expect(existsSync(folder)).toBe(false);
  });

  it.each([
    [['--nodes', 'many'], '--nodes: found "many", expected a number from 0'],
    [['--kue'], "Unknown option '--kue'"],
  ])('refuses %j', (args, message) => {
    const { status, stderr } = spawnSync(process.execPath, [START, ...args], { env, encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  it('refuses a folder that holds something', () => {
    mkdirSync(join(folder, 'mine'), { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [START, '--folder', folder], {
      env,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, expect.stringContaining(`${folder} is not empty`)]);
    expect(existsSync(join(folder, 'mine'))).toBe(true);
  });
});
