import { createHash } from 'node:crypto';
import type { EventRecorder, KubeClient } from '@open-chatgpt/kube';
import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import type { TrainingRun } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { FIELD_MANAGER } from '../kubernetes/names';
import { applyOwned } from '../kubernetes/owned';
import { type Deployment, kinds } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import type { RunObservation } from './run-state';
import { SETTINGS_ANNOTATION, type WorkerRole, workerRoles, workersName, workersOf } from './workers';

export interface RunWorkersOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  defaults: PodDefaults;
}

/** Keeps the Deployments of rollout workers and critics of a PPO run: they exist while the run is active. */
export class RunWorkers {
  constructor(private readonly options: RunWorkersOptions) {}

  async reconcile(
    run: TrainingRun,
    algorithm: AlgorithmName,
    active: boolean,
  ): Promise<Pick<RunObservation, 'rollouts' | 'critics'>> {
    const found: Pick<RunObservation, 'rollouts' | 'critics'> = {};
    if (descriptorOf(algorithm).service !== 'ppo-actor') return found;
    for (const worker of workerRoles) {
      const name = { name: workersName(run, worker), namespace: run.metadata.namespace };
      const cached = this.options.caches.deployments.get(`${name.namespace}/${name.name}`);
      if (active) found[worker.field] = await this.apply(run, worker, cached);
      else if (cached && !cached.metadata.deletionTimestamp && isOf(run, cached))
        await this.options.client.delete(kinds.deployments, name, {
          preconditions: { uid: cached.metadata.uid },
        });
    }
    return found;
  }

  /**
   * The template of the pods changes only with the settings in the run. An operator of another version makes others from the
   * same settings, and an upgrade must not restart pods of runs under way.
   */
  private async apply(
    run: TrainingRun,
    worker: WorkerRole,
    cached: Deployment | undefined,
  ): Promise<Deployment> {
    const { client, recorder, defaults } = this.options;
    const { replicas, ...settings } = run.spec[worker.field];
    const hash = createHash('sha256').update(JSON.stringify(settings)).digest('hex').slice(0, 16);
    if (cached && isOf(run, cached) && cached.metadata.annotations?.[SETTINGS_ANNOTATION] === hash) {
      if (cached.spec?.replicas === replicas) return cached;
      const { name, namespace } = cached.metadata;
      return client.mergePatch(
        kinds.deployments,
        { name: name!, namespace },
        { spec: { replicas } },
        { fieldManager: FIELD_MANAGER },
      );
    }
    const wanted = workersOf(run, worker, hash, defaults);
    const result = await applyOwned(client, kinds.deployments, wanted, run);
    if (!cached)
      recorder.record(run, {
        type: 'Normal',
        reason: 'WorkersCreated',
        message: `Created the Deployment ${result.metadata.name}`,
        action: 'CreateWorkers',
      });
    return result;
  }
}

const isOf = (run: TrainingRun, { metadata }: Deployment): boolean =>
  metadata.ownerReferences?.some(({ uid }) => uid === run.metadata.uid) ?? false;
