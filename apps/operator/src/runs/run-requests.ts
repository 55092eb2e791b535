import { haveGpus, type ProcessPlan, planProcesses, stageNamed } from '@open-chatgpt/pipeline';
import { type PodSettings, pipelineFileOf, type TrainingRun } from '@open-chatgpt/resources';
import { parsedPipeline } from './request';

/**
 * CPU and memory that the pods of a role of a run ask for; of a model that only its files describe, the defaults.
 * @param settings of these pods: what is on their GPUs takes no memory of the host
 */
export function requestsOf(
  { spec }: TrainingRun,
  role: ProcessPlan['role'],
  settings: PodSettings,
): Record<string, string> {
  const { name, ...fields } = spec.pipeline as typeof spec.pipeline & { name: string };
  const pipeline = parsedPipeline(pipelineFileOf(name, fields as never));
  const processes = planProcesses(pipeline, stageNamed(pipeline, spec.stage), () => haveGpus(settings));
  const process = processes.find((one) => one.role === role);
  return { ...process?.requests };
}
