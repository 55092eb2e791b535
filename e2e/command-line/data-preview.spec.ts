import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, jsonLines, openchat } from '../testing/openchat';

describe('openchat data preview', () => {
  let cwd: string;

  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'preview-'));
    const rows = [
      '{"instruction": "Say it", "output": "Done"}',
      '{"instruction": "Say it", "outp',
      '{"instruction": "Say that", "output": "Gladly"}',
      '{"instruction": "Say nothing"}',
      '{"instruction": "Say no more"}',
      '{"instruction": "Say all", "output": "Done"}',
    ];
    writeFileSync(join(cwd, 'rows.jsonl'), rows.join('\n'));
    writeFileSync(join(cwd, 'pairs.jsonl'), '{"prompt": "Who?", "chosen": "Me.", "rejected": "You."}\n');
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it('shows dropped rows with their lines, and the text that the model sees', async () => {
    const { code, stdout } = await openchat(['data', 'preview', 'rows.jsonl', '--rows', '1'], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rows.jsonl: 3 conversations, read as "alpaca"\nDropped: 3 rows\n/);
    expect(stdout).toMatch(/brokenJson +1 +first at line 2: +\{"instruction": "Say it", "outp/);
    expect(stdout).toMatch(/missing:output +2 +first at line 4:/);
    expect(stdout).toContain('<|im_start|>user\nSay it<|im_end|>\n<|im_start|>assistant\n⟦Done<|im_end|>⟧');
    expect(stdout).not.toContain('Gladly');
  }, 30_000);

  it('detects pairs, and renders both answers with a named template', async () => {
    const { stdout } = await openchat(['data', 'preview', 'pairs.jsonl', '--template', 'vicuna'], { cwd });
    expect(stdout).toMatch(/1 pairs, read as "preference"/);
    expect(stdout).toMatch(/USER: Who\? ASSISTANT:⟦ ?Me\.<\/s>⟧\nrejected: ⟦ ?You\.<\/s>⟧/);
  }, 30_000);

  it('reads rows as another kind, and prints JSON', async () => {
    const { stdout } = await openchat(['data', 'preview', 'pairs.jsonl', '--kind', 'prompts', '--json'], {
      cwd,
    });
    const [dataset, example] = jsonLines(stdout);
    expect(dataset).toMatchObject({
      type: 'dataset',
      kind: 'prompts',
      examples: 1,
      dropped: {},
      unit: 'characters',
    });
    expect(example).toMatchObject({
      type: 'example',
      parts: [{ text: expect.stringMatching(/Who\?/), trained: false }],
    });
  }, 30_000);

  it('names the kinds that the rows have when asked for another one', async () => {
    const { code, stderr } = await openchat(['data', 'preview', 'rows.jsonl', '--kind', 'preference'], {
      cwd,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /the "alpaca" format holds no preference examples; it gives supervised and prompts/,
    );
  }, 30_000);

  it('reads the columns that --columns names, and proposes them where it is missing', async () => {
    writeFileSync(join(cwd, 'faq.csv'), '\uFEFFNr;Die Frage;antwort\r\n1;"Wo; und\nwann?";Hier.\r\n');
    const guess = await openchat(['data', 'preview', 'faq.csv'], { cwd });
    expect([guess.code, guess.stderr]).toEqual([
      1,
      expect.stringContaining("--columns 'prompt=Die Frage,output=antwort'"),
    ]);
    const named = ['--columns', 'prompt=Die Frage,output=antwort'];
    const { stdout } = await openchat(['data', 'preview', 'faq.csv', ...named], { cwd });
    expect(stdout).toMatch(
      /1 conversations, read as "prompt-completion"\nColumns: prompt=Die Frage, output=antwort\n/,
    );
    expect(stdout).toContain('user\nWo; und\nwann?<|im_end|>\n<|im_start|>assistant\n⟦Hier.<|im_end|>⟧');
    const dryRun = ['data', 'ingest', 'faq.csv', '--dry-run', '--json', ...named];
    const [plan] = jsonLines((await openchat(dryRun, { cwd })).stdout);
    expect(plan).toMatchObject({ sources: [{ columns: { prompt: 'Die Frage', output: 'antwort' } }] });
  }, 60_000);

  it('says which template leaves out tool calls', async () => {
    const call = { type: 'function', function: { name: 'f', arguments: '{}' } };
    const messages = [
      { role: 'user', content: 'q' },
      { role: 'assistant', content: null, tool_calls: [call] },
    ];
    writeFileSync(join(cwd, 'tools.jsonl'), JSON.stringify({ messages }));
    const { stdout } = await openchat(['data', 'preview', 'tools.jsonl'], { cwd });
    expect(stdout).toContain('Dropped by the template: 1 (templateWithoutTools)');
    expect(stdout).toContain('chat template chatml: it does not render tool calls.');
  }, 30_000);

  it('shows the built-in tasks', async () => {
    const { stdout } = await openchat(['data', 'preview', 'builtin:tasks', '--rows', '2'], { cwd });
    expect(stdout).toMatch(/1,000 conversations/);
    expect(stdout.match(/--- example/g)).toHaveLength(2);
  }, 30_000);
});
