import { parsePipeline, pipelineJsonSchema } from '.';

type Schema = Record<string, unknown>;

/** The paths of all numbers of a schema that have no upper bound. */
function unbounded(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { type, maximum, exclusiveMaximum } = schema as Schema;
  const isNumber = type === 'number' || type === 'integer';
  const bound = (maximum ?? exclusiveMaximum) as number | undefined;
  // Zod gives every integer the bound of what a double holds exactly.
  const isFree = isNumber && (bound === undefined || bound >= Number.MAX_SAFE_INTEGER);
  return [
    ...(isFree ? [path] : []),
    ...Object.entries(schema).flatMap(([key, part]) => unbounded(part, `${path}.${key}`)),
  ];
}

describe('the numbers of a pipeline', () => {
  it('have an upper bound each', () => {
    const schema = pipelineJsonSchema();
    expect(JSON.stringify(schema).match(/"maximum"/g)!.length).toBeGreaterThan(100);
    expect(unbounded(schema, '$')).toEqual([]);
  });

  it('are found where they have none', () => {
    const schema = { properties: { a: { type: 'integer', maximum: 3 }, b: { anyOf: [{ type: 'number' }] } } };
    expect(unbounded(schema, '$')).toEqual(['$.properties.b.anyOf.0']);
  });

  it.each([
    ['model.scratch.numHiddenLayers', 100_000_000, 1024],
    ['sft.dataset.limit', 1e9, 1e8],
    ['sft.dataset.limit', 1e8, 1_000_000],
    ['sft.perDeviceTrainBatchSize', 1e9, 65_536],
    ['sft.gradientAccumulationSteps', 1e9, 65_536],
    ['sft.lora.r', 1e6, 1024],
    ['sft.maxSteps', 1e12, 100_000_000],
    ['threads', 1e6, 1024],
  ])('are refused beyond it: %s = %d', (field, value, most) => {
    const text = `name: a
model: { scratch: {} }
stages: [{ uses: sft, with: { dataset: { path: 'builtin:tasks' } } }]
`;
    expect(() => parsePipeline(text, 'a.yaml', [{ path: field.split('.'), value, source: 'flag' }])).toThrow(
      `flag: ${field}: expected at most ${most}`,
    );
  });
});
