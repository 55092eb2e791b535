import { pipelineFileSchema } from '@open-chatgpt/pipeline';
import { z } from 'zod';
import { datarefSchema, immutable } from './object';

const { model, template, seed, threads, stages } = pipelineFileSchema.shape;

/**
 * The fields of a pipeline file in a custom resource. The name is that of the resource, and the folder of the run is the
 * platform's. They never change: a run that has begun executes what it was made with.
 */
export const pipelineFields = {
  model: model.meta(immutable),
  template: template.meta(immutable),
  seed: seed.meta(immutable),
  threads: threads.meta(immutable),
  stages: stages.meta({ ...immutable, 'x-kubernetes-list-type': 'atomic' }),
};

/** The manifests that a pipeline reads instead of those of the Datasets and Models of its namespace. */
export const pinnedInputs = z
  .strictObject({
    models: z.record(z.string().max(128), datarefSchema).optional().describe('by the id in store:<id>'),
    datasets: z.record(z.string().max(128), datarefSchema).optional().describe('by the id in dataset:<id>'),
  })
  .meta(immutable);

/** The fields of a pipeline file in the spec of a resource, as the file itself. */
export function pipelineFileOf(
  name: string,
  { model, template, seed, threads, stages }: { [Field in keyof typeof pipelineFields]?: unknown },
): object {
  return { name, model, template, seed, threads, stages };
}
