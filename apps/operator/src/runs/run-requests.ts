import { type ProcessPlan, planProcesses, stageNamed } from '@open-chatgpt/pipeline';
import { pipelineFileOf, type TrainingRun } from '@open-chatgpt/resources';
import { parsedPipeline } from './request';

/** CPU and memory that the pods of a role of a run ask for; of a model that only its files describe, the defaults. */
export function requestsOf({ spec }: TrainingRun, role: ProcessPlan['role']): Record<string, string> {
  const { name, ...fields } = spec.pipeline as typeof spec.pipeline & { name: string };
  const pipeline = parsedPipeline(pipelineFileOf(name, fields as never));
  const process = planProcesses(pipeline, stageNamed(pipeline, spec.stage)).find((one) => one.role === role);
  return { ...process?.requests };
}
