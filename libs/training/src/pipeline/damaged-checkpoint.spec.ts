import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PipelineConfig, parsePipeline } from '@open-chatgpt/pipeline';
import { openRunFolder, type StageEvent } from '@open-chatgpt/runs';
import { tinyPipeline, tinyRows } from '@open-chatgpt/testing';
import { runPipeline } from './run-pipeline';

describe('a finished stage whose last checkpoint is damaged', () => {
  let root: string;
  let pipeline: PipelineConfig;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'damaged-'));
    const rows = join(root, 'rows.jsonl');
    writeFileSync(rows, tinyRows());
    const file = tinyPipeline(rows, {
      sft: { maxSteps: 6 },
      reward: { maxSteps: 6 },
      ppo: { iterations: 3 },
    });
    pipeline = parsePipeline(JSON.stringify(file), join(root, 'pipeline.json'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function run(resume: boolean): Promise<StageEvent[]> {
    const events: StageEvent[] = [];
    const folder = openRunFolder(join(root, 'run'), { resume });
    const resolveModel = async (path: string) => path;
    try {
      await runPipeline({ pipeline, folder, resume, resolveModel, show: (event) => events.push(event) });
    } finally {
      folder.close();
    }
    return events;
  }

  const weights = () =>
    pipeline.stages.map(({ name }) =>
      readFileSync(join(root, 'run', 'models', name, 'model.safetensors')).toString('base64'),
    );
  const checkpointsOf = (stage: string) => {
    const folder = join(root, 'run', 'checkpoints', stage);
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  };

  function damage(checkpoint: string): void {
    const [largest] = readdirSync(checkpoint)
      .map((name) => join(checkpoint, name))
      .sort((a, b) => readFileSync(b).length - readFileSync(a).length);
    const bytes = readFileSync(largest);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(largest, bytes);
  }

  it('goes on from the one before to the same weights, and never exports an older step', async () => {
    await run(false);
    const before = weights();
    for (const { name } of pipeline.stages) {
      expect(checkpointsOf(name).length).toBeGreaterThan(1);
      damage(checkpointsOf(name).at(-1) as string);
    }
    rmSync(join(root, 'run', 'models'), { recursive: true });
    const events = await run(true);
    expect(weights()).toEqual(before);
    for (const { name } of pipeline.stages) {
      const warnings = events.filter((event) => event.type === 'warning' && event.stage === name);
      expect(warnings).toContainEqual(
        expect.objectContaining({ message: expect.stringMatching(/damaged and skipped: .* sha256/) }),
      );
    }
    // Whole again: nothing is trained.
    expect((await run(true)).filter(({ type }) => type === 'step')).toEqual([]);
  });

  it('fails where all checkpoints are damaged', async () => {
    for (const checkpoint of checkpointsOf('sft')) damage(checkpoint);
    rmSync(join(root, 'run', 'models'), { recursive: true });
    await expect(run(true)).rejects.toThrow(/all \d checkpoints are damaged/);
  });
});
