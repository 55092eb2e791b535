import { createHash } from 'node:crypto';
import { ConflictException, NotFoundException } from '@nestjs/common';
import type { Dataref } from '@open-chatgpt/events';
import { type KubeClient, KubeError } from '@open-chatgpt/kube';
import { cancelledPipeline, type Pipeline, type Run, resumedPipeline } from '@open-chatgpt/orchestration';
import { RESUME_ANNOTATION, type RlhfPipeline } from '@open-chatgpt/resources';
import type { PipelineDocuments } from '../../pipelines/pipeline-documents';
import type { RunsService } from '../../runs/runs.service';
import { PipelineExecutor } from '../pipeline-executor';
import { FIELD_MANAGER, kinds } from './kinds';
import type { PipelineMirror } from './pipeline-mirror';
import { checkName, referenceOf, resourceOf } from './pipeline-resource';
import { forClient } from './refused';

export interface KubernetesExecutorOptions {
  client: KubeClient;
  /** Where pipelines are made. */
  namespace: string;
  documents: PipelineDocuments;
  runs: RunsService;
  mirror: PipelineMirror;
}

/** Custom resources say what is wanted: the operator of the cluster executes them, and the documents follow. */
export class KubernetesExecutor extends PipelineExecutor {
  /** Each run has pods, which the operator watches. */
  readonly workersShareGroups = false;

  constructor(private readonly options: KubernetesExecutorOptions) {
    super();
  }

  async start(): Promise<void> {
    this.options.mirror.start();
  }

  async stop(): Promise<void> {
    await this.options.mirror.stop();
    this.options.client.close();
  }

  async submit(pipeline: Pipeline, datasets: Record<string, Dataref>): Promise<Pipeline | false> {
    const { client, namespace, documents } = this.options;
    checkName(pipeline);
    if (await documents.find(pipeline.pipelineId)) return false;
    const wanted = resourceOf(pipeline, datasets, namespace);
    let resource: RlhfPipeline;
    try {
      resource = await forClient(async () => {
        try {
          return await client.create(kinds.pipelines, wanted, { fieldManager: FIELD_MANAGER });
        } catch (error) {
          if (KubeError.is(error, 'AlreadyExists'))
            throw new ConflictException(
              `there is already a resource RlhfPipeline "${pipeline.pipelineId}" in the namespace ${namespace}`,
            );
          throw error;
        }
      });
    } finally {
      // Also when the answer is lost: the resource may exist.
      this.options.mirror.look(pipeline.pipelineId);
    }
    const document = { ...pipeline, resource: referenceOf(resource) };
    await documents.create(document);
    // The mirror may have been first, with the name of the resource.
    return documents.change(pipeline.pipelineId, (found) =>
      found.name === pipeline.name
        ? found
        : { ...found, name: pipeline.name, config: pipeline.config, createdAt: pipeline.createdAt },
    );
  }

  async cancel(pipeline: Pipeline): Promise<Pipeline> {
    const resource = await this.patch(pipeline, { spec: { suspend: true } });
    return this.follow(pipeline, resource, cancelledPipeline);
  }

  async resume(pipeline: Pipeline): Promise<Pipeline> {
    const annotations = pipeline.status === 'failed' ? { [RESUME_ANNOTATION]: resumeRequest(pipeline) } : {};
    const resource = await this.patch(pipeline, { metadata: { annotations }, spec: { suspend: false } });
    if (!resource)
      throw new ConflictException(
        `the resource of the pipeline "${pipeline.pipelineId}" was deleted; submit the pipeline again`,
      );
    // The mirror may have seen it first.
    const resumed = await this.follow(pipeline, resource, resumedPipeline);
    await this.options.runs.reopen(resumed);
    return resumed;
  }

  async remove(pipeline: Pipeline): Promise<Pipeline> {
    const { client, documents, mirror } = this.options;
    const { pipelineId, resource } = pipeline;
    if (resource)
      await forClient(() =>
        client.delete(kinds.pipelines, resource, { preconditions: { uid: resource.uid } }),
      );
    const deletedAt = new Date().toISOString();
    const removed = await documents.change(pipelineId, (found) =>
      found.deletedAt ? found : { ...cancelledPipeline(found), deletedAt },
    );
    mirror.look(pipelineId);
    return removed;
  }

  async cancelRun(run: Run): Promise<void> {
    const { client, namespace, documents } = this.options;
    const pipeline = run.pipelineId === undefined ? null : await documents.find(run.pipelineId);
    if (pipeline) {
      await this.cancel(pipeline);
      return;
    }
    await forClient(async () => {
      const { items } = await client.list(kinds.runs, { namespace });
      const resource = items.find(({ status }) => status?.runId === run.runId);
      if (!resource)
        throw new NotFoundException(
          `there is no TrainingRun of the run "${run.runId}" in the namespace ${namespace}`,
        );
      await client.mergePatch(
        kinds.runs,
        resource.metadata,
        { spec: { suspend: true } },
        { fieldManager: FIELD_MANAGER },
      );
    });
  }

  /** The operator goes from stage to stage by itself. */
  async applied(): Promise<void> {}

  /** @returns undefined when there is no resource (any more) */
  private async patch({ resource }: Pipeline, patch: object): Promise<RlhfPipeline | undefined> {
    if (!resource) return undefined;
    const { metadata = {} } = patch as { metadata?: object };
    // The uid: a resource that was made again under the same name is another one.
    const whole = { ...patch, metadata: { ...metadata, uid: resource.uid } };
    try {
      return await this.options.client.mergePatch(kinds.pipelines, resource, whole, {
        fieldManager: FIELD_MANAGER,
      });
    } catch (error) {
      if (KubeError.is(error, 'NotFound')) return undefined;
      return forClient(() => Promise.reject(error));
    }
  }

  private async follow(
    { pipelineId }: Pipeline,
    resource: RlhfPipeline | undefined,
    change: (found: Pipeline) => Pipeline,
  ): Promise<Pipeline> {
    const pipeline = await this.options.documents.change(pipelineId, (found) => ({
      ...change(found),
      ...(resource && { resource: referenceOf(resource) }),
    }));
    this.options.mirror.look(pipelineId);
    return pipeline;
  }
}

/** Differs from the former request, and is the same for all that ask at once: together they resume the pipeline once. */
function resumeRequest({ resumed, resource }: Pipeline): string {
  const former = resource?.resumeRequest ?? '';
  return createHash('sha256').update(`${resumed}/${former}`).digest('hex').slice(0, 32);
}
