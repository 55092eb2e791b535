import type { DataOf } from '@open-chatgpt/events';
import { type KubeClient, KubeError } from '@open-chatgpt/kube';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import { API_VERSION, labels, type Model, type TrainingRun } from '@open-chatgpt/resources';
import { FIELD_MANAGER, INITIAL_MANAGER, labelValue, runIdOf } from '../kubernetes/names';
import { kinds } from '../kubernetes/types';

/** On a run: the Model that was made for it. A person who deletes the Model does not get it back. */
const MODEL_ANNOTATION = 'open-chatgpt.io/model';

/** The Model of a completed run. It has no owner: models outlive the runs that made them. */
function modelOfRun(run: TrainingRun, name = run.metadata.name): Model {
  const { status, spec, metadata } = run;
  const algorithm = status!.algorithm as AlgorithmName;
  const pipeline = metadata.labels?.[labels.pipeline];
  return {
    apiVersion: API_VERSION,
    kind: 'Model',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: {
        'app.kubernetes.io/managed-by': FIELD_MANAGER,
        [labels.run]: metadata.name,
        [labels.runId]: labelValue(runIdOf(run)),
        [labels.stage]: spec.stage,
        ...(pipeline !== undefined && { [labels.pipeline]: pipeline }),
      },
    },
    spec: {
      modelId: runIdOf(run),
      displayName: `${(spec.pipeline as { name?: string }).name ?? metadata.name}-${spec.stage}`,
      manifest: status!.model,
      kind: descriptorOf(algorithm).makes,
      algorithm: algorithm as DataOf<'model.published'>['algorithm'],
      lineage: {
        runId: runIdOf(run),
        ...(spec.pipelineId !== undefined && { pipelineId: spec.pipelineId }),
        datasets: spec.inputs.datasets.map(({ datasetId }) => datasetId),
      },
      ...(status!.metrics && { metrics: status!.metrics }),
    },
  } as unknown as Model;
}

/** Makes the Model of a completed run, once. Idempotent. */
export async function keepModel(client: KubeClient, run: TrainingRun): Promise<void> {
  const { metadata, status } = run;
  if (!status?.model || !status.algorithm || metadata.annotations?.[MODEL_ANNOTATION]) return;
  // The name belongs to a model of an earlier run of the same name.
  const names = [metadata.name, `${metadata.name}-${metadata.uid.slice(0, 8)}`];
  for (const name of names) {
    if (!(await create(client, modelOfRun(run, name)))) continue;
    await client.mergePatch(
      kinds.runs,
      metadata,
      { metadata: { annotations: { [MODEL_ANNOTATION]: name } } },
      { fieldManager: INITIAL_MANAGER },
    );
    return;
  }
}

/** @returns whether the Model exists, made now or before by a process that died */
async function create(client: KubeClient, model: Model): Promise<boolean> {
  try {
    await client.create(kinds.models, model, { fieldManager: INITIAL_MANAGER });
    return true;
  } catch (error) {
    if (!KubeError.is(error, 'AlreadyExists')) throw error;
    const found = await client.get(kinds.models, model.metadata);
    return found.spec.modelId === model.spec.modelId;
  }
}
