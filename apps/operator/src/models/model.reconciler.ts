import { contractOf, type DataOf } from '@open-chatgpt/events';
import type { EventRecorder, KubeClient, ReconcileResult } from '@open-chatgpt/kube';
import type { Model } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER, labelValue } from '../kubernetes/names';
import { createOwned, refusalOf } from '../kubernetes/owned';
import { StatusWriter, without } from '../kubernetes/status-writer';
import { hasCondition, type Job, kinds } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { modelIdOf } from './find-model';
import { importJob, importOutcome } from './import-job';
import { isOfRun, isPublished, type ModelObservation, modelStatus } from './model-state';

/** Nothing tells when the API server, or another owner, would accept what was refused. */
const REFUSED_MS = 15_000;

export interface ModelReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  defaults: PodDefaults;
  /** Publishes a model, when the bus is there. Resolves when the bus has it. */
  publish: (data: DataOf<'model.published'>, id: string) => Promise<void>;
  /** Reconciles a key again. */
  again: (key: string) => void;
}

/** Imports the source of a Model, and publishes it once. */
export class ModelReconciler {
  private readonly status: StatusWriter<Model>;
  /** Whether the bus has the event of a model, by uid; false while it is on the way. */
  private readonly published = new Map<string, boolean>();

  constructor(private readonly options: ModelReconcilerOptions) {
    this.status = new StatusWriter(options.client, kinds.models, without());
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { caches } = this.options;
    const cached = caches.models.get(key);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const model = this.status.latest(cached);
    const { uid, namespace, name } = model.metadata;
    const isImport = model.spec.source !== undefined && !model.status?.manifest;
    let refused = isImport ? this.refusal(model) : undefined;
    let job = caches.jobs.byIndex('owner', uid).find(({ metadata }) => !metadata.deletionTimestamp);
    const pods = isImport
      ? caches.pods
          .byIndex('model', labelValue(name))
          .filter(({ metadata }) => metadata.namespace === namespace)
      : [];
    if (isImport && !refused)
      try {
        job ??= await this.startImport(model);
      } catch (error) {
        refused = refusalOf(error) ?? undefined;
        if (!refused) throw error;
      }
    // What the pod said is lost with it. Another import finds everything in the store.
    if (job && isImport && hasCondition(job, 'Complete') && !importOutcome(pods)) {
      await this.deleteJob(job);
      job = undefined;
    }
    await this.write(key, { model, job, pods, published: this.published.get(uid) ?? false, refused });
    return refused ? { requeueAfterMs: REFUSED_MS } : undefined;
  }

  /** The resource is gone. */
  forget({ metadata }: Model): void {
    this.published.delete(metadata.uid);
    this.status.forget(`${metadata.namespace}/${metadata.name}`);
  }

  /** @returns the Job; undefined while an old one of the same name goes */
  private async startImport(model: Model): Promise<Job | undefined> {
    const { client, defaults, recorder } = this.options;
    const made = await createOwned(client, kinds.jobs, importJob(model, defaults), model, FIELD_MANAGER);
    if (made?.created)
      recorder.record(model, {
        type: 'Normal',
        reason: 'ImportStarted',
        message: `Created the Job ${made.object.metadata.name}, which imports ${model.spec.source}`,
        action: 'CreateJob',
      });
    return made?.object;
  }

  private async deleteJob({ metadata: { name, namespace, uid } }: Job): Promise<void> {
    await this.options.client.delete(kinds.jobs, { name: name!, namespace }, { preconditions: { uid } });
  }

  /** Ids are those of the store, which the namespaces share: a second import would replace the first one. */
  private refusal(model: Model): ModelObservation['refused'] {
    const modelId = modelIdOf(model);
    const other = this.options.caches.models
      .list()
      .find(
        (one) =>
          modelIdOf(one) === modelId && one.metadata.uid !== model.metadata.uid && isBefore(one, model),
      );
    if (!other) return undefined;
    return {
      reason: 'ModelIdTaken',
      message: `The Model ${other.metadata.namespace}/${other.metadata.name} has the id "${modelId}" already; give this one another spec.modelId`,
    };
  }

  private async write(key: string, observation: ModelObservation): Promise<void> {
    const { model } = observation;
    const next = modelStatus(observation, new Date());
    await this.status.write(model, next);
    if (next.manifest && !isOfRun(model) && !isPublished(model)) this.publish(key, model, next);
    if (model.status?.phase === next.phase) return;
    const ready = next.conditions?.find(({ type }) => type === 'Ready');
    this.options.recorder.record(model, {
      type: next.phase === 'Failed' ? 'Warning' : 'Normal',
      reason: ready?.reason ?? 'Reconciled',
      message: ready?.message ?? '',
      action: 'Reconcile',
    });
  }

  /** The id of the event is that of the resource, so that consumers skip a repetition after a restart. */
  private publish(key: string, { metadata, spec }: Model, status: Model['status'] & object): void {
    if (this.published.has(metadata.uid)) return;
    const { modelId = metadata.name, manifest, kind = 'language-model' } = status;
    const { success, data } = contractOf('model.published').data.safeParse({
      modelId,
      name: spec.displayName ?? modelId,
      kind,
      algorithm: spec.algorithm,
      manifest,
      lineage: { ...spec.lineage, datasets: spec.lineage?.datasets ?? [] },
      metrics: spec.metrics ?? {},
    });
    if (!success) return;
    this.published.set(metadata.uid, false);
    void this.options.publish(data, `${modelId}/registered/${metadata.uid}`).then(() => {
      this.published.set(metadata.uid, true);
      this.options.again(key);
    });
  }
}

const isBefore = (a: Model, b: Model): boolean =>
  `${a.metadata.creationTimestamp}${a.metadata.uid}` < `${b.metadata.creationTimestamp}${b.metadata.uid}`;
