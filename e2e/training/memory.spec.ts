import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, openchat } from '../testing/openchat';

/** Of the measured peak. The margin of the requests is greater. */
const TOLERANCE = 0.2;

const binary = join(__dirname, '../../apps/cli/bin/openchat.js');

const pipeline = `
name: sized
threads: 2
model:
  scratch: {hiddenSize: 512, intermediateSize: 1376, numHiddenLayers: 6, numAttentionHeads: 8, vocabSize: 128}
stages:
  - uses: sft
    with: {dataset: {path: rows.jsonl, evalFraction: 0}, maxSteps: 2, evalSteps: 0, evalSamples: 0}
`;

describe('the estimate of memory, against the measured peak', () => {
  let folder: string;
  beforeAll(() => {
    compile();
    folder = mkdtempSync(join(tmpdir(), 'memory-'));
    const text = 'the weight of an item on the shelf is not known '.repeat(4);
    const rows = Array.from({ length: 32 }, (_, i) =>
      JSON.stringify({ instruction: `${i}: ${text}`, output: text }),
    );
    writeFileSync(join(folder, 'rows.jsonl'), rows.join('\n'));
    writeFileSync(join(folder, 'pipeline.yaml'), pipeline);
    writeFileSync(
      join(folder, 'peak.cjs'),
      `process.on('exit', () => require('node:fs').writeFileSync('peak', String(1024 * process.resourceUsage().maxRSS)));`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function estimated(flags: string[]): Promise<number> {
    const { stdout } = await openchat(['run', 'pipeline.yaml', '--dry-run', '--json', ...flags], {
      cwd: folder,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1)!).stages[0].estimatedBytes;
  }

  async function measured(flags: string[]): Promise<number> {
    const args = [
      '--require',
      join(folder, 'peak.cjs'),
      binary,
      'run',
      'pipeline.yaml',
      '--out',
      'out',
      ...flags,
    ];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect(code).toBe(0);
    rmSync(join(folder, 'out'), { recursive: true });
    return Number(readFileSync(join(folder, 'peak'), 'utf8'));
  }

  it.each<[string, string[]]>([
    ['every weight', []],
    ['an adapter', ['--set', 'sft.lora={r: 8}']],
    ['every weight, with checkpoints of activations', ['--set', 'sft.gradientCheckpointing=true']],
  ])(
    'of training %s',
    async (_, flags) => {
      const [estimate, peak] = [await estimated(flags), await measured(flags)];
      const off = estimate / peak - 1;
      expect({ estimate, peak, off: Math.abs(off) <= TOLERANCE }).toEqual({ estimate, peak, off: true });
    },
    180_000,
  );
});
