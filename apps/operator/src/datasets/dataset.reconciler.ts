import { contractOf, type DataOf } from '@open-chatgpt/events';
import type { EventRecorder, KubeClient, ReconcileResult } from '@open-chatgpt/kube';
import { datasetOptions } from '@open-chatgpt/pipeline';
import type { Dataset } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { StatusWriter, without } from '../kubernetes/status-writer';
import { kinds } from '../kubernetes/types';
import { type DatasetOutcome, datasetIdOf, datasetStatus, isSettled } from './dataset-state';

/** A request without an answer is sent again after this time. A second one is answered with the same event. */
const AGAIN_MS = 10 * 60_000;

/** Wait after a failure that may pass; it doubles with every further one, up to AGAIN_MS. */
const RETRY_MS = 15_000;

export interface DatasetReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  /** Sends a request, when the bus is there. Resolves when the bus has it. */
  request: (data: DataOf<'dataset.requested'>, id: string) => Promise<void>;
  /** Reconciles a key again. */
  again: (key: string) => void;
}

interface Exchange {
  /** Whether the request waits for the bus. */
  waiting: boolean;
  /** When the bus got the request. */
  requestedAt?: number;
  /** Failures that may pass, so far. */
  failures: number;
  outcome?: DatasetOutcome;
  /** Called when the status has the outcome. */
  written: (() => void)[];
}

/**
 * Requests a dataset, and writes its answer into its status. What is known here is lost with the process: the request is
 * sent again then, and events are committed only when the status has them.
 */
export class DatasetReconciler {
  private readonly status: StatusWriter<Dataset>;
  private readonly exchanges = new Map<string, Exchange>();

  constructor(private readonly options: DatasetReconcilerOptions) {
    this.status = new StatusWriter(options.client, kinds.datasets, without());
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const cached = this.options.caches.datasets.get(key);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const dataset = this.status.latest(cached);
    const exchange = this.exchangeOf(dataset);
    const refused = isSettled(dataset) ? undefined : this.refusal(dataset);
    const wait = refused || isSettled(dataset) ? undefined : this.request(key, dataset, exchange);
    await this.write(dataset, exchange, refused);
    settle(exchange);
    return wait === undefined ? undefined : { requeueAfterMs: wait };
  }

  /** The resource is gone. */
  forget({ metadata }: Dataset): void {
    const exchange = this.exchanges.get(metadata.uid);
    this.exchanges.delete(metadata.uid);
    this.status.forget(`${metadata.namespace}/${metadata.name}`);
    if (exchange) settle(exchange);
  }

  /** @returns resolves when the status of the dataset has what the event says */
  async receive(event: DatasetOutcome): Promise<void> {
    const dataset = this.ownerOf(event.data.datasetId);
    // A dataset outside of this cluster, or an answer to an earlier resource of this id.
    if (!dataset || !answers(event, dataset)) return;
    if (event.type === 'dataset.failed' && dataset.status?.manifest) return;
    const exchange = this.exchangeOf(dataset);
    exchange.outcome = event;
    if (event.type === 'dataset.failed' && event.data.error.retryable) exchange.failures += 1;
    const written = new Promise<void>((resolve) => exchange.written.push(resolve));
    this.options.again(`${dataset.metadata.namespace}/${dataset.metadata.name}`);
    await written;
  }

  /** Sends the request if it is time. @returns the milliseconds until the next one */
  private request(key: string, dataset: Dataset, exchange: Exchange): number | undefined {
    const { outcome, failures, requestedAt, waiting } = exchange;
    if (outcome?.type === 'dataset.ready') return undefined;
    if (outcome?.type === 'dataset.failed' && !outcome.data.error.retryable) return undefined;
    const pause = outcome ? Math.min(AGAIN_MS, RETRY_MS * 2 ** (failures - 1)) : AGAIN_MS;
    const due = requestedAt === undefined ? 0 : requestedAt + pause - Date.now();
    if (waiting || due > 0) return waiting ? undefined : due;
    exchange.waiting = true;
    const id = `${requestsOf(dataset)}${failures}`;
    void this.options.request(requestOf(dataset), id).then(() => {
      exchange.waiting = false;
      exchange.requestedAt = Date.now();
      exchange.outcome = undefined;
      this.options.again(key);
    });
    return undefined;
  }

  private refusal(dataset: Dataset): { reason: string; message: string } | undefined {
    const datasetId = datasetIdOf(dataset);
    const owner = this.ownerOf(datasetId);
    if (owner && owner.metadata.uid !== dataset.metadata.uid)
      return {
        reason: 'DatasetIdTaken',
        message: `The Dataset ${owner.metadata.namespace}/${owner.metadata.name} has the id "${datasetId}" already; give this one another spec.datasetId`,
      };
    const request = requestOf(dataset);
    const { error } = contractOf('dataset.requested').data.safeParse(request);
    const options = datasetOptions.safeParse(request.options).error?.issues ?? [];
    const problems = [
      ...(error?.issues ?? []).map(({ path, message }) => `spec.${path.join('.')}: ${message}`),
      ...options.map(({ path, message }) => `spec.${['options', ...path].join('.')}: ${message}`),
    ];
    if (problems.length === 0) return undefined;
    return { reason: 'ValidationFailed', message: problems.join('; ') };
  }

  /** The oldest resource with an id: ids are those of the store, which the namespaces share. */
  private ownerOf(datasetId: string): Dataset | undefined {
    return this.options.caches.datasets
      .byIndex('datasetId', datasetId)
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .sort(
        (a, b) =>
          a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) ||
          a.metadata.uid.localeCompare(b.metadata.uid),
      )[0];
  }

  private async write(
    dataset: Dataset,
    { outcome, requestedAt, waiting }: Exchange,
    refused: { reason: string; message: string } | undefined,
  ): Promise<void> {
    const requested = requestedAt !== undefined ? true : waiting ? false : undefined;
    const next = datasetStatus({ dataset, outcome, requested, refused }, new Date());
    await this.status.write(dataset, next);
    if (dataset.status?.phase === next.phase) return;
    const ready = next.conditions?.find(({ type }) => type === 'Ready');
    this.options.recorder.record(dataset, {
      type: next.phase === 'Failed' ? 'Warning' : 'Normal',
      reason: ready?.reason ?? 'Reconciled',
      message: ready?.message ?? '',
      action: 'Reconcile',
    });
  }

  private exchangeOf({ metadata }: Dataset): Exchange {
    const found = this.exchanges.get(metadata.uid) ?? { waiting: false, failures: 0, written: [] };
    this.exchanges.set(metadata.uid, found);
    return found;
  }
}

function requestOf(dataset: Dataset): DataOf<'dataset.requested'> {
  const { source, adapter, options } = dataset.spec;
  return {
    datasetId: datasetIdOf(dataset),
    source,
    ...(adapter !== undefined && { adapter }),
    options: options as DataOf<'dataset.requested'>['options'],
  };
}

/** What the ids of the requests for a resource begin with. */
const requestsOf = (dataset: Dataset): string => `${datasetIdOf(dataset)}/requested/${dataset.metadata.uid}/`;

/** Whether the event answers a request for this resource. A data-ingestion of a former version does not say it. */
const answers = ({ data: { requestId } }: DatasetOutcome, dataset: Dataset): boolean =>
  requestId === undefined || requestId.startsWith(requestsOf(dataset));

function settle({ written }: Exchange): void {
  for (const resolve of written.splice(0)) resolve();
}
