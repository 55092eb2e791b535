import type { EventRecorder, KubeClient, ReconcileResult } from '@open-chatgpt/kube';
import type { ModelServer } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { NameTakenError, OwnedObjects } from '../kubernetes/owned-objects';
import { StatusWriter } from '../kubernetes/status-writer';
import { kinds } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { servedSource } from './model-source';
import { serverBudget, serverDeployment, serverService } from './server-objects';
import { type ServerObservation, serverState, serverStatus } from './server-state';

const NAME_TAKEN = 'NameTaken';

/** Nothing tells when an object of another owner goes. */
const AGAIN_MS = 15_000;

export interface ServerReconcilerOptions {
  client: KubeClient;
  caches: Caches;
  recorder: EventRecorder;
  defaults: PodDefaults;
}

/** Brings the Deployment, the Service and the disruption budget of a ModelServer to what its spec asks for. */
export class ServerReconciler {
  private readonly status: StatusWriter<ModelServer>;
  private readonly objects: OwnedObjects;

  constructor(private readonly options: ServerReconcilerOptions) {
    this.status = new StatusWriter(options.client, kinds.servers);
    this.objects = new OwnedObjects(options.client);
  }

  /** What belongs to a deleted server goes by its owner references. */
  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { caches } = this.options;
    const server = caches.servers.get(key);
    if (!server || server.metadata.deletionTimestamp) {
      this.objects.forget(key);
      if (server) this.status.forget(server.metadata.uid);
      return undefined;
    }
    const held = await this.apply(key, server);
    const { name, namespace } = server.metadata;
    const pods = caches.pods
      .byIndex('server', name)
      .filter(({ metadata }) => metadata.namespace === namespace);
    await this.write({ server, deployment: this.deploymentOf(server), pods, held });
    return held?.reason === NAME_TAKEN ? { requeueAfterMs: AGAIN_MS } : undefined;
  }

  private async apply(key: string, server: ModelServer): Promise<ServerObservation['held']> {
    const { caches, defaults } = this.options;
    const served = servedSource(server, caches.models.list());
    if ('waiting' in served) return { ...served.waiting, stalled: false };
    let deployment: ReturnType<typeof serverDeployment>;
    try {
      deployment = serverDeployment(server, served.source, requestsOfServer(), defaults);
    } catch (error) {
      return { reason: 'ValidationFailed', message: (error as Error).message, stalled: true };
    }
    try {
      const missing = this.deploymentOf(server) === undefined;
      await this.objects.apply(key, kinds.deployments, deployment, missing);
      await this.objects.apply(key, kinds.services, serverService(server));
      const budget = serverBudget(server);
      if (budget) await this.objects.apply(key, kinds.disruptionBudgets, budget);
      else await this.objects.remove(key, kinds.disruptionBudgets, server.metadata, server.metadata.uid);
    } catch (error) {
      if (error instanceof NameTakenError)
        return { reason: NAME_TAKEN, message: error.message, stalled: true };
      throw error;
    }
    return undefined;
  }

  private deploymentOf({ metadata }: ModelServer) {
    return this.options.caches.deployments
      .byIndex('owner', metadata.uid)
      .find((deployment) => !deployment.metadata.deletionTimestamp);
  }

  private async write(observation: ServerObservation): Promise<void> {
    const { server } = observation;
    const state = serverState(observation);
    const before = server.status?.phase;
    await this.status.write(server, serverStatus(observation, state, new Date()));
    if (before === state.phase) return;
    this.options.recorder.record(server, {
      type: state.phase === 'Failing' ? 'Warning' : 'Normal',
      reason: state.reason,
      message: state.message,
      action: 'Reconcile',
    });
  }
}

const requestsOfServer = (): Record<string, string> => ({ cpu: '1', memory: '1Gi' });
