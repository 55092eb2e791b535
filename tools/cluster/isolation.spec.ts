import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingIsolation } from './isolation.cjs';

const RUN = join(__dirname, 'run.mjs');
const missing = missingIsolation();
if (missing) console.warn(`${missing}; these specs are skipped, or fail where CI is set`);

(missing && !process.env['CI'] ? describe.skip : describe)('a command in namespaces of its own', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'isolation-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const options = () => ({ encoding: 'utf8' as const, env: { ...process.env, TMPDIR: folder } });
  const run = (script: string) => spawnSync(process.execPath, [RUN, 'sh', '-c', script], options());

  async function until(condition: () => boolean): Promise<void> {
    for (let i = 0; !condition(); i++) {
      if (i > 200) throw new Error('not within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Starts a command that leaves a process behind and goes on; resolves when both run. */
  async function startLasting() {
    const mark = `${folder}/running`;
    const script = `sh -c 'while true; do date +%N > ${folder}/beat; sleep 0.05; done' & touch ${mark}; sleep 1000`;
    const child = spawn(process.execPath, [RUN, 'sh', '-c', script], { ...options(), stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await until(() => existsSync(mark) && existsSync(`${folder}/beat`));
    return { child, ended };
  }

  async function beats(): Promise<boolean> {
    const before = readFileSync(`${folder}/beat`, 'utf8');
    await new Promise((resolve) => setTimeout(resolve, 300));
    return readFileSync(`${folder}/beat`, 'utf8') !== before;
  }

  const remains = () => readdirSync(folder).filter((name) => name.startsWith('open-chatgpt-isolated-'));

  it('has its output and exit code, a loopback device, and no route', () => {
    const { stdout, stderr, status } = run('ip -o link; ip route; echo errors >&2; exit 7');
    expect(stdout).toMatch(/^1: lo: <LOOPBACK,UP,LOWER_UP>.*\n$/);
    expect([stderr, status]).toEqual(['errors\n', 7]);
    expect(remains()).toEqual([]);
  });

  it('ends the processes that it leaves behind', async () => {
    expect(run(`(while true; do date +%N > ${folder}/beat; sleep 0.05; done) & sleep 0.5`).status).toBe(0);
    expect(await beats()).toBe(false);
  });

  it('ends on SIGTERM, with all its processes and files', async () => {
    const { child, ended } = await startLasting();
    expect(await beats()).toBe(true);
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(await beats()).toBe(false);
    expect(remains()).toEqual([]);
  });

  it('leaves alone the files of others, also in a run within a run', async () => {
    const { child, ended } = await startLasting();
    const before = remains();
    expect(run(`${process.execPath} ${RUN} true`).status).toBe(0);
    expect(remains()).toEqual(before);
    child.kill('SIGTERM');
    await ended;
  });

  it('ends when its caller is killed, and the next run removes its files', async () => {
    const { child, ended } = await startLasting();
    child.kill('SIGKILL');
    await ended;
    await until(() => remains().length === 1);
    expect(await beats()).toBe(false);
    run('true');
    expect(remains()).toEqual([]);
  });
});
