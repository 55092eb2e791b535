import { pipelineFileSchema } from '@open-chatgpt/pipeline';
import { immutable } from './object';

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
