import { parsePipeline } from './parse-pipeline';

const file = `name: a
model: {scratch: {}}
stages:
  - uses: sft
    with:
      dataset: {path: builtin:tasks}
      learningRate: 1
  - name: scorer
    uses: reward
    with:
      dataset: {path: builtin:tasks}
`;
const override = (path: string, value: unknown) => ({
  path: path.split('.'),
  value,
  source: `--set ${path}`,
});

describe('overrides of a pipeline file', () => {
  it('take the place of fields and add new ones', () => {
    const pipeline = parsePipeline(file, 'a.yaml', [
      override('sft.learningRate', 2),
      override('sft.learningRate', 3),
      override('sft.lora', { r: 4 }),
      override('model.scratch.hiddenSize', 64),
    ]);
    expect(pipeline.stages[0].with).toMatchObject({
      learningRate: 3,
      lora: { r: 4 },
      dataset: { path: 'builtin:tasks' },
    });
    expect(pipeline.model).toMatchObject({ scratch: { hiddenSize: 64 } });
  });

  it('leave a stage out, or one source of the model', () => {
    const overrides = [override('sft', null), override('model.scratch', null), override('model.path', '/m')];
    const pipeline = parsePipeline(file, 'a.yaml', overrides);
    expect(pipeline.stages.map(({ name }) => name)).toEqual(['scorer']);
    expect(pipeline.model).toEqual({ path: '/m' });
  });

  it('reach the settings and the models of a stage by its name', () => {
    const overrides = [override('scorer.maxSteps', 7), override('scorer.models.base', '/sft')];
    const [, scorer] = parsePipeline(file, 'a.yaml', overrides).stages;
    expect(scorer).toMatchObject({ models: { base: '/sft' }, with: { maxSteps: 7 } });
  });

  it.each([
    ['sft.learningRate', 'fast', '--set sft.learningRate: sft.learningRate: expected a number; found "fast"'],
    [
      'sft.learningRat',
      1,
      '--set sft.learningRat: sft.learningRat: unknown field "learningRat"; did you mean "learningRate"?',
    ],
    [
      'sft.lora.rank',
      4,
      '--set sft.lora.rank: sft.lora.rank: unknown field "rank"; known fields: r, loraAlpha, loraDropout, targetModules',
    ],
    [
      'model.path',
      '/m',
      '--set model.path: model: expected exactly one of "path" (a pre-trained model) and "scratch" (random weights)',
    ],
    ['sft.dataset', null, '--set sft.dataset: sft.dataset: expected a mapping of fields; found null'],
    ['__proto__.x', 1, '--set __proto__.x: unknown field "__proto__"'],
    ['sft.lora', JSON.parse('{"__proto__": {"r": 1}}'), '--set sft.lora: unknown field "__proto__"'],
    ['sft.__proto__.maxSteps', 1, '--set sft.__proto__.maxSteps: unknown field "__proto__"'],
    ['model.scratch.__proto__', 1, '--set model.scratch.__proto__: unknown field "__proto__"'],
    [
      'ppo.maxSteps',
      1,
      '--set ppo.maxSteps: there is no stage and no field "ppo"; stages: sft, scorer; ' +
        'fields: name, outputDir, seed, threads, model, template',
    ],
  ])('are named where %s = %p is wrong', (path, value, message) => {
    expect(() => parsePipeline(file, 'a.yaml', [override(path, value)])).toThrow(new Error(message));
  });

  it("do not hide the file's own mistakes, which keep their place", () => {
    const wrong = file.replace('learningRate: 1', 'learningRat: 1');
    expect(() => parsePipeline(wrong, 'a.yaml', [override('sft.maxSteps', 0)])).toThrow(
      /^--set sft.maxSteps: .*\na.yaml:7:7: sft.learningRat: unknown field/,
    );
  });
});
