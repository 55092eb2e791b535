import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { compile } from '../testing/openchat';
import { startServiceProcess } from '../testing/service-process';

const root = join(__dirname, '..', '..');
const SERVICES = readdirSync(join(root, 'apps')).filter(
  (app) => app !== 'cli' && existsSync(join(root, 'apps', app, 'src', 'main.ts')),
);

describe('each service by itself', () => {
  let cwd: string;
  const environment = () => ({
    OPEN_CHATGPT_STORE: join(cwd, 'store'),
    OPEN_CHATGPT_WORK_DIR: join(cwd, 'work'),
  });

  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'alone-'));
  }, 300_000);
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  // The operator needs a cluster: e2e/kubernetes starts it there.
  it.each(SERVICES.filter((app) => app !== 'operator'))(
    'node apps/%s/dist/main.js: live, ready, measured, and ended by SIGTERM',
    async (app) => {
      const service = await startServiceProcess(app, environment());
      const get = async (path: string) => {
        const response = await fetch(`${service.url}${path}`);
        return { status: response.status, text: await response.text() };
      };
      expect(await get('/health/live')).toEqual({ status: 200, text: '{"status":"ok"}' });
      const ready = await get('/health/ready');
      const { checks } = JSON.parse(ready.text);
      // No model exists yet, which the service reports.
      const missing =
        app === 'inference' ? { 'model latest': expect.stringContaining('is not available yet') } : {};
      expect(checks).toEqual({ bus: 'ok', store: 'ok', ...missing });
      expect(ready.status).toBe(app === 'inference' ? 503 : 200);
      const { text } = await get('/metrics');
      expect(text).toContain('process_cpu_seconds_total');
      expect(text).toContain('messaging_lag');
      await service.stop();
      expect(service.log().at(-1)).toMatchObject({
        service: app,
        msg: 'The service is stopped',
        signal: 'SIGTERM',
      });
    },
    120_000,
  );

  it.each(SERVICES)(
    'apps/%s names the variable that is wrong',
    (app) => {
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'apps', app, 'dist', 'main.js')], {
        env: { ...process.env, OPEN_CHATGPT_PORT: 'many' },
        encoding: 'utf8',
      });
      expect(status).toBe(1);
      expect(stderr).toMatch(/OPEN_CHATGPT_PORT: .*expected number.*found "many"/);
      expect(stderr).not.toMatch(/^ {4}at /m);
    },
    60_000,
  );

  it('npx nx serve starts one', async () => {
    const nx = spawn(join(root, 'node_modules', '.bin', 'nx'), ['serve', 'sft-trainer'], {
      cwd: root,
      env: { ...process.env, ...environment(), OPEN_CHATGPT_PORT: '0', NX_DAEMON: 'false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const url = await startedAt(nx);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    process.kill(-nx.pid!, 'SIGTERM');
    await new Promise((resolve) => nx.once('exit', resolve));
  }, 180_000);
});

function startedAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const printed: string[] = [];
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        const found = /"url":"([^"]+)","msg":"The service is started"/.exec(line);
        if (found) resolve(found[1]);
      });
    }
    child.once('exit', () => reject(new Error(printed.join('\n'))));
  });
}
