import { createHash } from 'node:crypto';
import { type KubeClient, KubeError, type KubeObject, type ResourceType } from '@open-chatgpt/kube';
import { API_VERSION, GROUP } from '@open-chatgpt/resources';
import type { Dataset } from '../../datasets/dataset';
import type { Model } from '../../models/model';
import { ArtifactRequests } from '../artifact-requests';
import { FIELD_MANAGER, kinds } from './kinds';
import { forClient } from './refused';

/** On what the gateway makes: which request of a client it stands for. */
const REQUESTED_AT = `${GROUP}/requested-at`;

/** Datasets and models are custom resources, so that pipelines that kubectl applies find them too. */
export class ArtifactResources extends ArtifactRequests {
  constructor(
    private readonly client: KubeClient,
    private readonly namespace: string,
  ) {
    super();
  }

  ingest({ datasetId, createdAt, source, adapter, options }: Dataset): Promise<void> {
    return this.make(kinds.datasets, datasetId, createdAt, { datasetId, source, adapter, options });
  }

  forgetDataset(datasetId: string): Promise<void> {
    return this.remove(kinds.datasets, datasetId);
  }

  register({ modelId, name, kind, createdAt, manifest }: Model): Promise<void> {
    return this.make(kinds.models, modelId, createdAt, { modelId, displayName: name, kind, manifest });
  }

  forgetModel(modelId: string): Promise<void> {
    return this.remove(kinds.models, modelId);
  }

  /** Makes a resource for a request. One of an earlier request of this id goes. */
  private make(type: ResourceType, id: string, requestedAt: string, spec: object): Promise<void> {
    const name = { name: nameOf(id), namespace: this.namespace };
    const resource = {
      apiVersion: API_VERSION,
      kind: type.kind,
      metadata: { ...name, annotations: { [REQUESTED_AT]: requestedAt } },
      spec,
    } as KubeObject;
    return forClient(async () => {
      for (;;) {
        try {
          await this.client.create(type, resource, { fieldManager: FIELD_MANAGER });
          return;
        } catch (error) {
          if (!KubeError.is(error, 'AlreadyExists')) throw error;
        }
        const found = await this.client.find(type, name);
        const made = found?.metadata.annotations?.[REQUESTED_AT];
        // This request, or one that somebody else has applied, which the operator answers with the same events.
        if (found && (made === undefined || made === requestedAt)) return;
        if (found) await this.client.delete(type, name, { preconditions: { uid: found.metadata.uid } });
      }
    });
  }

  private async remove(type: ResourceType, id: string): Promise<void> {
    await forClient(() => this.client.delete(type, { name: nameOf(id), namespace: this.namespace }));
  }
}

/** The name of the resource of an id, which may have capital letters and more than a name may. */
function nameOf(id: string): string {
  if (/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(id) && !/\.[-.]|-\./.test(id)) return id;
  const readable = id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${readable || 'x'}-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}
