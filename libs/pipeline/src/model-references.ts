import type { PipelineConfig } from './config';

/** `store:<id>` names a model of the platform, trained or imported; only there it can be looked up. */
const REFERENCE = /^store:(.*)$/s;

/** The id that a model's path names, or null when it is a path, or built in. */
export function modelIdOf(path: string): string | null {
  return REFERENCE.exec(path)?.[1] ?? null;
}

/** The models of the platform that a pipeline names, by what for: `model` starts it, `rewardModel` judges in PPO. */
export interface ModelReferences<T> {
  model?: T;
  rewardModel?: T;
}

export function modelReferences({ model, reward, ppo }: PipelineConfig): ModelReferences<string> {
  const start = 'path' in model ? modelIdOf(model.path) : null;
  // A reward model that the pipeline trains itself takes the place of one that it names.
  const judge = ppo?.rewardModel !== undefined && !reward ? modelIdOf(ppo.rewardModel) : null;
  return { ...(start !== null && { model: start }), ...(judge !== null && { rewardModel: judge }) };
}

/** @throws Error when the path is that of a model of the platform, which nobody has brought here */
export function checkLocalModel(path: string): void {
  if (modelIdOf(path) === null) return;
  throw new Error(
    `${path} names a model of the platform, which is not known here; run the pipeline there (--gateway), ` +
      'or name a folder, a .gguf file or builtin:<name>.',
  );
}
