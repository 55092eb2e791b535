import { z } from 'zod';
import type { ModelRole, StageDescriptor } from './descriptor';
import { dpo } from './dpo/descriptor';
import { kto } from './kto/descriptor';
import { ppo } from './ppo/descriptor';
import { reward } from './reward/descriptor';
import { sft } from './sft/descriptor';

/** Every algorithm that a stage can use: one line each. */
const descriptors = [sft, reward, ppo, dpo, kto] as const;

type Descriptor = (typeof descriptors)[number];

export type AlgorithmName = Descriptor['name'];

/** One stage of a pipeline, complete: defaults filled in, references resolved to stages or files. */
export type StageConfig<Name extends AlgorithmName = AlgorithmName> = {
  [D in Descriptor as D['name']]: {
    /** Unique in the pipeline; names its folders, its run and its figures. */
    name: string;
    uses: D['name'];
    /** Where each model comes from that the stage takes; a role that is absent means the pipeline's model. */
    models: Partial<Record<ModelRole, string>>;
    with: z.output<D['config']>;
  };
}[Name];

export const algorithmNames = descriptors.map(({ name }) => name) as [AlgorithmName, ...AlgorithmName[]];

/** The descriptors of all algorithms, in the order in which a full pipeline runs them. */
export const stageDescriptors: readonly StageDescriptor<AlgorithmName>[] = descriptors;

export function descriptorOf(name: AlgorithmName): StageDescriptor<AlgorithmName> {
  return stageDescriptors.find((descriptor) => descriptor.name === name)!;
}

/** Whether one service executes both algorithms. */
export function shareService(a: AlgorithmName, b: AlgorithmName): boolean {
  return descriptorOf(a).service === descriptorOf(b).service;
}

/** A field of a stage's settings, for people. */
export interface Setting {
  field: string;
  description: string;
  /** Its default; undefined where there is none. */
  fallback: unknown;
}

/** The settings of an algorithm with their defaults, in the order in which its schema has them. */
export function settingsOf({ config }: StageDescriptor): Setting[] {
  const { properties = {} } = z.toJSONSchema(config, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).flatMap(([field, schema]) =>
    typeof schema === 'object'
      ? [{ field, description: schema.description ?? '', fallback: schema.default }]
      : [],
  );
}
