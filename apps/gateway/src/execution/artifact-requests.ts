import type { Dataset } from '../datasets/dataset';
import type { Model } from '../models/model';

/** Requests the ingestion of datasets and registers imported models. All calls are idempotent. */
export abstract class ArtifactRequests {
  /** Asks for the ingestion of a dataset. @param dataset `createdAt` tells a new request of the same id from a repeated one */
  abstract ingest(dataset: Dataset): Promise<void>;

  /** A dataset was deleted. */
  abstract forgetDataset(datasetId: string): Promise<void>;

  /** A model is in the store. */
  abstract register(model: Model): Promise<void>;

  /** A model was deleted. */
  abstract forgetModel(modelId: string): Promise<void>;
}
