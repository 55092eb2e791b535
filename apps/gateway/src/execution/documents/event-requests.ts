import type { EventPublisher } from '@open-chatgpt/messaging';
import type { Dataset } from '../../datasets/dataset';
import { ArtifactRequests } from '../artifact-requests';

/** Long-lived workers are asked by events; the documents say the rest. */
export class EventRequests extends ArtifactRequests {
  constructor(private readonly events: EventPublisher) {
    super();
  }

  async ingest({ datasetId, requests, source, adapter, options = {} }: Dataset): Promise<void> {
    if (source === undefined) return;
    // Readers ignore a second event of the same id.
    await this.events.publish(
      'dataset.requested',
      { datasetId, source, adapter, options },
      { id: requests?.at(-1) },
    );
  }

  async forgetDataset(): Promise<void> {}

  async register(): Promise<void> {}

  async forgetModel(): Promise<void> {}
}
