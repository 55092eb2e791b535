import { Controller, Informer, type KubeClient, type ReconcileResult } from '@open-chatgpt/kube';
import type { EventPublisher } from '@open-chatgpt/messaging';
import { cancelledPipeline, type Pipeline, pipelineHasEnded } from '@open-chatgpt/orchestration';
import { pipelineIdOf, type RlhfPipeline } from '@open-chatgpt/resources';
import type { Logger } from '@open-chatgpt/service';
import type { PipelineDocuments } from '../../pipelines/pipeline-documents';
import type { RunsService } from '../../runs/runs.service';
import { kinds } from './kinds';
import { isOlder } from './pipeline-resource';
import {
  cancelledRuns,
  documentOf,
  missingEndings,
  pipelineAfterResource,
  type RunEnding,
} from './projection';

/** The events of a run that has ended are on the bus before its resource shows the end; they are read within this time. */
const EVENTS_MS = 2000;

/** After an end was published, its document is looked at again after this time. */
const LOOK_MS = 1000;

/** An end that was published is published again, under the same id, if its document does not show it after this time. */
const REPEAT_MS = 30_000;

export interface MirrorOptions {
  client: KubeClient;
  namespace: string;
  documents: PipelineDocuments;
  runs: RunsService;
  events: EventPublisher;
  logger: Logger;
  /** Default 2 s. */
  eventsMs?: number;
}

/**
 * Keeps the documents of pipelines equal to their resources. Several gateways do this at
 * once: each change is a compare-and-swap, and repeats nothing.
 */
export class PipelineMirror {
  private readonly informer: Informer<RlhfPipeline>;
  private readonly controller: Controller;
  /** Resources that are gone: the last thing they said may not be in the documents yet. */
  private readonly gone = new Map<string, RlhfPipeline>();
  /** When an end is published, by its id. */
  private readonly due = new Map<string, number>();
  private stopped = false;

  constructor(private readonly options: MirrorOptions) {
    const { client, namespace, logger } = options;
    this.informer = new Informer({
      client,
      type: kinds.pipelines,
      namespace,
      indexes: { pipelineId: (resource) => [pipelineIdOf(resource)] },
      logger,
    });
    this.informer.onChange(({ type, object }) => {
      if (type === 'deleted') this.gone.set(pipelineIdOf(object), object);
    });
    this.controller = new Controller({
      name: 'pipeline-documents',
      reconcile: (pipelineId) => this.reconcile(pipelineId),
      sources: [
        {
          synced: () => this.informer.synced(),
          subscribe: (enqueue) => this.informer.onChange(({ object }) => enqueue(pipelineIdOf(object))),
          resyncKeys: () => this.informer.list().map(pipelineIdOf),
        },
      ],
      logger,
    });
  }

  /** Begins. Does not wait for the API server. */
  start(): void {
    this.informer.start();
    const { logger } = this.options;
    this.controller
      .start()
      .then(() => this.lookAtUnended())
      .catch((err) => {
        if (!this.stopped)
          logger.warn({ err }, 'Pipelines without a resource may stay running; restart the gateway');
      });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all([this.controller.stop(), this.informer.stop()]);
  }

  /** Looks at a pipeline soon. */
  look(pipelineId: string): void {
    this.controller.enqueue(pipelineId);
  }

  /** Looks at the pipelines that have not ended: their resources may have been deleted while no gateway ran. */
  private async lookAtUnended(): Promise<void> {
    const { documents, namespace } = this.options;
    for (const pipeline of await documents.all()) {
      const { resource, deletedAt, pipelineId } = pipeline;
      if (resource?.namespace === namespace && !deletedAt && !pipelineHasEnded(pipeline))
        this.look(pipelineId);
    }
  }

  private async reconcile(pipelineId: string): Promise<ReconcileResult | undefined> {
    const { documents } = this.options;
    const document = await documents.find(pipelineId);
    const resource = await this.resourceOf(pipelineId, document);
    if (!resource) return document ? this.lost(document) : undefined;
    this.gone.delete(pipelineId);
    const current = document ?? (await this.adopt(resource));
    const pipeline = await documents.change(pipelineId, (found) => pipelineAfterResource(found, resource));
    if (pipeline.resumed > current.resumed) await this.options.runs.reopen(pipeline);
    return this.end(pipeline, missingEndings(pipeline, resource));
  }

  /** The resource of a pipeline, at least as new as the one that its document knows. */
  private async resourceOf(pipelineId: string, document: Pipeline | null): Promise<RlhfPipeline | undefined> {
    const known = document?.resource;
    const all = this.informer.byIndex('pipelineId', pipelineId);
    const cached = all.find(({ metadata }) => metadata.uid === known?.uid) ?? all[0];
    if (!known || (cached && !isOlder(cached, known))) return cached;
    const found = await this.options.client.find(kinds.pipelines, known);
    return found && pipelineIdOf(found) === pipelineId ? found : undefined;
  }

  /** Makes the document of a resource that somebody else has made. */
  private async adopt(resource: RlhfPipeline): Promise<Pipeline> {
    const { documents, runs } = this.options;
    const made = documentOf(resource);
    await documents.create(made);
    // Events of its runs may have come before.
    const known = await Promise.all(made.stages.map(({ runId }) => runs.find(runId)));
    return documents.change(made.pipelineId, (found) => ({
      ...found,
      stages: found.stages.map((run, i) => (run.attempt === 0 ? (known[i] ?? run) : run)),
    }));
  }

  /** The resource is gone. What it said last counts; a pipeline that had not ended then is cancelled. */
  private async lost(document: Pipeline): Promise<ReconcileResult | undefined> {
    const { pipelineId } = document;
    if (!document.resource) return undefined;
    const last = this.gone.get(pipelineId);
    const endings = last ? missingEndings(document, last) : [];
    if (endings.length > 0 && !pipelineHasEnded(document)) return this.end(document, endings);
    const deletedAt = new Date().toISOString();
    const pipeline = await this.options.documents.change(pipelineId, (found) =>
      found.deletedAt || found.resource?.uid !== document.resource?.uid
        ? found
        : { ...cancelledPipeline(found), deletedAt },
    );
    this.gone.delete(pipelineId);
    return pipeline.status === 'cancelled' ? this.end(pipeline, cancelledRuns(pipeline)) : undefined;
  }

  /** Publishes ends of runs, unless events of the runs say them in the meantime. */
  private async end(
    { pipelineId, resumed }: Pipeline,
    endings: readonly RunEnding[],
  ): Promise<ReconcileResult | undefined> {
    const { events, eventsMs = EVENTS_MS } = this.options;
    let wait: number | undefined;
    for (const { type, data } of endings) {
      const id = `${data.runId}/${type}/${resumed}/${data.attempt}`;
      const now = Date.now();
      const at = this.due.get(id) ?? now + eventsMs;
      if (at <= now) await events.publish(type, data as never, { id });
      this.due.set(id, at <= now ? now + REPEAT_MS : at);
      const look = at <= now ? LOOK_MS : at - now;
      wait = Math.min(wait ?? look, look);
    }
    if (wait === undefined) for (const id of this.due.keys()) if (isOf(pipelineId, id)) this.due.delete(id);
    return wait === undefined ? undefined : { requeueAfterMs: wait };
  }
}

const isOf = (pipelineId: string, id: string): boolean => id.startsWith(`${pipelineId}-`);
