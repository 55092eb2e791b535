import { type ModelConfig, readModelConfig } from '@open-chatgpt/models';
import { modelOf, type PipelineConfig, type StageConfig, stageOf } from '@open-chatgpt/pipeline';
import { scratchConfig } from '../pipeline/base-model';

/**
 * The configuration of the base of a stage: no stage changes the one of the model that it starts from.
 * @param resolveModel the path of a model on this machine; null where it is not here
 * @throws Error naming the stage and the model
 */
export async function configOf(
  pipeline: PipelineConfig,
  stage: StageConfig,
  resolveModel: (reference: string) => Promise<string | null>,
): Promise<ModelConfig> {
  const base = modelOf(pipeline, stage, 'base')!;
  if ('scratch' in base) {
    const { vocabSize } = base.scratch;
    return scratchConfig(base.scratch, { vocabSize, bosTokenId: null, eosTokenId: 0, padTokenId: null });
  }
  const made = stageOf(base.path);
  const earlier = pipeline.stages.find(({ name }) => name === made);
  if (earlier) return configOf(pipeline, earlier, resolveModel);
  const path = await resolveModel(base.path);
  if (path === null)
    throw new Error(
      `${stage.name}: ${base.path} is not on this machine, and only its files say its shape; download it first, or name a folder`,
    );
  return readModelConfig(path);
}
