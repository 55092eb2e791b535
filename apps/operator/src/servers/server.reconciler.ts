import type { EventRecorder, KubeClient, ReconcileResult } from '@open-chatgpt/kube';
import type { ModelServer } from '@open-chatgpt/resources';
import type { Caches } from '../kubernetes/caches';
import { refusalOf } from '../kubernetes/owned';
import { OwnedObjects } from '../kubernetes/owned-objects';
import { StatusWriter, without } from '../kubernetes/status-writer';
import { kinds } from '../kubernetes/types';
import type { PodDefaults } from '../operator-config';
import { servedSources } from './model-source';
import { serverBudget, serverDeployment, serverService } from './server-objects';
import { serverRequests } from './server-requests';
import { type ServerObservation, serverState, serverStatus } from './server-state';

/** Nothing tells when the API server, or another owner, would accept what was refused. */
const REFUSED_MS = 15_000;

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
    this.status = new StatusWriter(options.client, kinds.servers, without());
    this.objects = new OwnedObjects(options.client);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const { caches } = this.options;
    const cached = caches.servers.get(key);
    if (!cached || cached.metadata.deletionTimestamp) return undefined;
    const server = this.status.latest(cached);
    const held = await this.apply(server);
    const { name, namespace } = server.metadata;
    const pods = caches.pods
      .byIndex('server', name)
      .filter(({ metadata }) => metadata.namespace === namespace);
    await this.write({ server, deployment: this.deploymentOf(server), pods, held });
    return held?.stalled ? { requeueAfterMs: REFUSED_MS } : undefined;
  }

  /** The resource is gone. What belongs to it goes by its owner references. */
  forget({ metadata }: ModelServer): void {
    this.objects.forget(metadata.uid);
    this.status.forget(`${metadata.namespace}/${metadata.name}`);
  }

  private async apply(server: ModelServer): Promise<ServerObservation['held']> {
    const { caches, defaults } = this.options;
    const served = servedSources(server, caches.models.list());
    if ('waiting' in served) return { ...served.waiting, stalled: false };
    try {
      const missing = this.deploymentOf(server) === undefined;
      const requests = serverRequests(server, caches.models.list());
      const deployment = serverDeployment(server, served, requests, defaults);
      await this.objects.apply(server, kinds.deployments, deployment, missing);
      await this.objects.apply(server, kinds.services, serverService(server));
      const budget = serverBudget(server);
      if (budget) await this.objects.apply(server, kinds.disruptionBudgets, budget);
      else await this.objects.remove(server, kinds.disruptionBudgets);
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return { ...refusal, stalled: true };
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
    await this.status.write(server, serverStatus(observation, state, new Date()));
    if (server.status?.phase === state.phase) return;
    this.options.recorder.record(server, {
      type: state.phase === 'Failing' ? 'Warning' : 'Normal',
      reason: state.reason,
      message: state.message,
      action: 'Reconcile',
    });
  }
}
