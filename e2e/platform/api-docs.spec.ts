import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@open-chatgpt/cli';
import { createToken } from '@open-chatgpt/service';
import { startEmbeddedPlatform } from '../testing/embedded-platform';
import { compile } from '../testing/openchat';

const root = join(__dirname, '../..');

/** The commands of the `sh` blocks, with the compiled program. `console` blocks are not executed. */
function commands(): string {
  const page = readFileSync(join(root, 'docs', 'api.md'), 'utf8');
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  const program = `node ${join(root, 'apps/cli/bin/openchat.js')}`;
  return blocks.join('\n').replaceAll('npx openchat', program);
}

describe('docs/api.md', () => {
  let cwd: string;
  let platform: Platform;

  beforeAll(async () => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'api-docs-'));
    const tokens = join(cwd, 'tokens.json');
    createToken(tokens, { name: 'to start with', scopes: ['read'] });
    platform = await startEmbeddedPlatform(cwd, { OPEN_CHATGPT_TOKENS: tokens });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(cwd, { recursive: true });
  });

  it('has commands that work as printed', async () => {
    const script = commands().replaceAll('http://127.0.0.1:3000', platform.url);
    // The gateway reads its token file once a second.
    const started = script.replace('token list\n', 'token list\nsleep 2\n');
    const child = spawn('bash', ['-euxo', 'pipefail', '-c', started], {
      cwd,
      env: { ...process.env, OPEN_CHATGPT_THREADS: '1' },
    });
    let [printed, errors] = ['', ''];
    child.stdout.on('data', (data) => {
      printed += data;
    });
    child.stderr.on('data', (data) => {
      errors += data;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code === 0 ? 'worked' : errors.slice(-2000)).toBe('worked');
    expect(printed).toContain('"status":"completed"');
    expect(printed).toContain('"parents":[]');
    expect(printed).toContain('"accepted":1');
    expect(printed).toContain('"status":"ready"');
    expect(printed).toContain('no dead letters');
    expect(readFileSync(join(cwd, 'helpful.jsonl'), 'utf8')).toContain('"chosen":"An apple."');
  }, 180_000);
});
