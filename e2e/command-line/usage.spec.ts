import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, openchat } from '../testing/openchat';
import { writeTinyPipeline } from '../testing/tiny-pipeline';

describe('usage errors', () => {
  let cwd: string;

  beforeAll(() => {
    compile();
    cwd = mkdtempSync(join(tmpdir(), 'usage-'));
    writeTinyPipeline(cwd);
    writeFileSync(
      join(cwd, 'typo.yaml'),
      'name: a\nmodel: {scratch: {}}\nstages:\n- uses: sft\n  with:\n    dataset: {path: builtin:tasks}\n    learning_rate: 1\n',
    );
    writeFileSync(join(cwd, 'broken.yaml'), 'name: [a\n');
    writeFileSync(
      join(cwd, 'builtin.yaml'),
      'name: a\nmodel: {path: builtin:gpt5}\nstages:\n- uses: sft\n  with: {dataset: {path: builtin:tasks}}\n',
    );
    writeFileSync(join(cwd, 'prompts.jsonl'), '{"prompt": "a"}\n{"question": "b"}\n');
  });
  afterAll(() => rmSync(cwd, { recursive: true }));

  it.each<[string, number, RegExp]>([
    ['fly', 2, /unknown command 'fly'/],
    ['runn x.yaml', 2, /Did you mean run/],
    ['run', 2, /missing required argument 'pipeline'/],
    ['run none.yaml', 2, /none.yaml: no such pipeline file; examples\/ has some/],
    ['run .', 2, /the folder holds no run \(no config.yaml\)/],
    [
      'run typo.yaml',
      2,
      /typo.yaml:7:5: sft.learning_rate: unknown field "learning_rate"; did you mean "learningRate"\?/,
    ],
    ['run broken.yaml', 2, /broken.yaml:\d+:\d+: /],
    ['run builtin.yaml', 1, /unknown built-in model "builtin:gpt5"; expected builtin:smollm2-135m-instruct/],
    ['run tiny.yaml --resume', 2, /holds no run to resume/],
    ['run tiny.yaml --threads 0', 2, /Expected a whole number ≥ 1/],
    [
      'run tiny.yaml --set sft.learningRate=fast',
      2,
      /--set sft.learningRate=fast: sft.learningRate: expected a number; found "fast"/,
    ],
    ['run tiny.yaml --set sft.learningRat=1', 2, /--set sft.learningRat=1: .*did you mean "learningRate"/],
    ['run tiny.yaml --set sft', 2, /--set sft: expected field=value, such as/],
    ['run tiny.yaml --set sft=[', 2, /--set sft=\[: value:1:2: Flow sequence must end/],
    ['run tiny.yaml --set reward=null', 2, /--set reward=null|ppo: needs a reward model/],
    ['run tiny.yaml --set sft.dataset.path=gone.jsonl', 1, /gone.jsonl: no such file/],
    ['run tiny.yaml --set ppo.prompts.path=gone.jsonl', 1, /gone.jsonl: no such file/],
    ['sft --dataset builtin:tasks', 2, /required option '-m, --model <path>' not specified/],
    [
      'sft --model nowhere --dataset builtin:tasks',
      1,
      /nowhere: does not exist; give a model folder or a .gguf file/,
    ],
    ['sft --model x --dataset y --learning-rate -1', 2, /Expected a number ≥ 0/],
    ['generate --model nowhere --prompt a', 1, /nowhere: does not exist/],
    ['generate --model x', 2, /use either --prompt or --prompts/],
    ['generate --model x --prompt a --temperature hot', 2, /Expected a number ≥ 0/],
    ['generate --model x --prompt a --top-p 1.5', 2, /Expected a number ≤ 1 and > 0|> 0 and ≤ 1/],
    ['generate --model x --prompt a --num-beams 2 --top-k 3', 2, /cannot be combined with --top-k/],
    [
      'generate --model x --prompts prompts.jsonl',
      2,
      /prompts.jsonl:2: found neither a prompt nor messages; expected/,
    ],
    ['chat --model x --template chatlm', 2, /Allowed choices are model, alpaca, vicuna, chatml, llama2/],
    ['serve --model nowhere --port 0', 1, /nowhere: does not exist; give a model folder or a .gguf file/],
    ['serve --model x --int8 --int4', 2, /use either --int8 or --int4/],
    ['serve --model x --port far', 2, /Expected a whole number ≥ 0/],
    ['serve', 2, /required option '-m, --model <path>' not specified/],
    ['model info prompts.jsonl', 1, /prompts.jsonl: is not a model/],
    ['model import x --to y --dtype int3', 2, /Allowed choices are fp32, fp16, bf16/],
    ['device install rocm', 2, /Allowed choices are cpu, cuda12, cuda13/],
    ['device install cpu --compiler-only', 2, /--compiler-only is for cuda12 and cuda13/],
    ['data preview gone.jsonl', 1, /gone.jsonl: no such file/],
  ])(
    'openchat %s',
    async (line, code, message) => {
      const finished = await openchat(line.split(' '), { cwd });
      expect(finished).toMatchObject({ code, stdout: '' });
      expect(finished.stderr).toMatch(message);
      expect(finished.stderr).not.toMatch(/^ {4}at /m);
    },
    30_000,
  );

  it('leaves no run folder after an error', () => {
    expect(readdirSync(cwd)).not.toContain('runs');
  });

  it('prints its version', async () => {
    const { code, stdout } = await openchat(['--version'], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
  }, 30_000);

  it('show the stack with DEBUG', async () => {
    const { stderr } = await openchat(['run', 'none.yaml'], { cwd, env: { DEBUG: 'openchat' } });
    expect(stderr).toMatch(/^ {4}at /m);
  }, 30_000);

  it.each([
    ['', /Train:[\s\S]*quickstart[\s\S]*Prepare data:[\s\S]*data/],
    ['run', /Examples:\n {2}\$ openchat run examples\/quickstart.yaml/],
    ['quickstart', /--resume/],
    ['sft', /--dataset/],
    ['reward', /Examples:/],
    ['ppo', /--reward-model/],
    ['generate', /--repetition-penalty/],
    ['chat', /\/reset/],
    ['serve', /--batch-size/],
    ['model import', /--dtype/],
    ['model export', /--stage/],
    ['model merge', /--adapter/],
    ['model info', /Examples:/],
    ['data preview', /--kind/],
    ['device list', /OPEN_CHATGPT_DEVICE/],
    ['device install', /--compiler-only/],
  ])(
    'openchat %s --help',
    async (line, text) => {
      const { code, stdout } = await openchat([...line.split(' ').filter(Boolean), '--help'], { cwd });
      expect(code).toBe(0);
      expect(stdout).toMatch(text);
    },
    30_000,
  );
});
