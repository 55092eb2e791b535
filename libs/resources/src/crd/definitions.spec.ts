import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { algorithmNames } from '@open-chatgpt/pipeline';
import { parse } from 'yaml';
import { customResourceDefinitions } from './definitions';
import type { StructuralSchema } from './schema-types';

const folders = {
  'helm/open-chatgpt/files/crds': join(__dirname, '../../../../helm/open-chatgpt/files/crds'),
  'k8s/base/crds': join(__dirname, '../../../../k8s/base/crds'),
};

type Definition = {
  spec: {
    names: { kind: string; plural: string };
    versions: { schema: { openAPIV3Schema: StructuralSchema } }[];
  };
};
const definitions = customResourceDefinitions() as unknown as Definition[];
const schemaOf = (kind: string) =>
  definitions.find(({ spec }) => spec.names.kind === kind)!.spec.versions[0].schema.openAPIV3Schema;

/** Every schema below one, with its path. */
function* walk(schema: StructuralSchema, path: string): Generator<[string, StructuralSchema]> {
  yield [path, schema];
  for (const [name, one] of Object.entries(schema.properties ?? {})) yield* walk(one, `${path}.${name}`);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (schema.additionalProperties) yield* walk(schema.additionalProperties, `${path}.*`);
}

describe('the custom resource definitions', () => {
  it.each(Object.entries(folders))('in %s are up to date', (_, folder) => {
    for (const definition of definitions) {
      const file = join(folder, `${definition.spec.names.plural}.yaml`);
      expect(parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(definition)));
    }
  });

  it('describe every field of a spec that a person sets', () => {
    const undescribed = [...walk(schemaOf('RlhfPipeline').properties!.spec, 'spec')]
      .filter(([path, { description }]) => !description && /^spec\.[^.[]+$/.test(path))
      .map(([path]) => path);
    expect(undescribed).toEqual([]);
  });

  it('bound every string, list and map', () => {
    for (const { spec } of definitions)
      for (const [path, schema] of walk(schemaOf(spec.names.kind), spec.names.kind)) {
        if (schema.type === 'string' && !/\.(apiVersion|kind)$/.test(path))
          expect(schema.maxLength).toBeGreaterThan(0);
        if (schema.type === 'array') expect(schema.maxItems).toBeGreaterThan(0);
        if (schema.additionalProperties) expect(schema.maxProperties).toBeGreaterThan(0);
      }
  });

  it('have the settings of every algorithm, and rules that tell them apart', () => {
    const stage = schemaOf('RlhfPipeline').properties!.spec.properties!.stages.items!;
    expect(stage.properties!.uses.enum).toEqual(algorithmNames);
    expect(stage.properties!.name.maxLength).toBe(1024);
    expect(stage.required).toEqual(['uses']);
    const rules = stage['x-kubernetes-validations']!;
    expect(rules).toContainEqual({
      rule: "!(has(self.with) && has(self.with.klCoef)) || self.uses == 'ppo'",
      message: 'klCoef is a field of ppo',
      fieldPath: '.with.klCoef',
      reason: 'FieldValueForbidden',
    });
    expect(rules).toContainEqual({
      rule: "!(self.uses in ['sft', 'reward', 'dpo', 'kto']) || !(has(self.with)) || has(self.with.dataset)",
      message: 'with.dataset is required by sft, reward, dpo, kto',
      fieldPath: '.with',
      reason: 'FieldValueRequired',
    });
  });

  it('write no default into the settings of a stage: presets and other algorithms have others', () => {
    const settings = schemaOf('RlhfPipeline').properties!.spec.properties!.stages.items!.properties!.with;
    expect(settings.properties!.seed).not.toHaveProperty('default');
    expect(settings.properties!.klCoef).not.toHaveProperty('default');
  });

  it('write no default into the pods of a stage, which would hide those of the pipeline', () => {
    const { trainer, rollouts } =
      schemaOf('RlhfPipeline').properties!.spec.properties!.stagePods.additionalProperties!.properties!;
    expect(trainer.properties!.ranks).not.toHaveProperty('default');
    expect(rollouts.properties!.replicas).not.toHaveProperty('default');
  });
});
