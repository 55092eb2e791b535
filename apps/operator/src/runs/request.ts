import type { DataOf } from '@open-chatgpt/events';
import { type AlgorithmName, type PipelineConfig, pipelineOf, stageNamed } from '@open-chatgpt/pipeline';
import { pipelineFileOf, type TrainingRun } from '@open-chatgpt/resources';
import { runIdOf } from '../kubernetes/names';

/** Checks what the API server cannot, and fills in what it must not. @throws Error with one line a problem */
export function parsedPipeline(file: object): PipelineConfig {
  try {
    return pipelineOf(file, 'spec');
  } catch (error) {
    throw new Error((error as Error).message.replaceAll(/^spec: /gm, ''), { cause: error });
  }
}

/** The request that a trainer pod executes. @throws Error when the pipeline is wrong */
export function requestOf(run: TrainingRun): { request: DataOf<'run.requested'>; algorithm: AlgorithmName } {
  const { pipeline, stage, pipelineId, inputs } = run.spec;
  const { name, ...fields } = pipeline as typeof pipeline & { name: string };
  const config = parsedPipeline(pipelineFileOf(name, fields as never));
  const algorithm = stageNamed(config, stage).uses;
  const request: DataOf<'run.requested'> = {
    runId: runIdOf(run),
    ...(pipelineId !== undefined && { pipelineId }),
    stage,
    algorithm,
    config: JSON.parse(JSON.stringify(config)),
    inputs: { models: inputs.models, datasets: inputs.datasets },
  };
  return { request, algorithm };
}
