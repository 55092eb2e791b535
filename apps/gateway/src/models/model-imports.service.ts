import { BadRequestException, ConflictException, Inject, Injectable } from '@nestjs/common';
import { EventPublisher } from '@open-chatgpt/messaging';
import { OBJECT_STORE } from '@open-chatgpt/service';
import {
  describeFolder,
  makeCurrent,
  type ObjectStore,
  StorageError,
  StorageUnavailableError,
} from '@open-chatgpt/storage';
import type { z } from 'zod';
import { ArtifactRequests } from '../execution/artifact-requests';
import type { Model, modelImport } from './model';
import { ModelsService } from './models.service';

/** Files that every model needs. */
const REQUIRED = ['config.json', 'tokenizer.json'];

/** Registers models that a client has written to the store: the roots of a lineage. */
@Injectable()
export class ModelImports {
  constructor(
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    private readonly events: EventPublisher,
    private readonly models: ModelsService,
    private readonly requests: ArtifactRequests,
  ) {}

  /** Idempotent. Another model with the same id is a conflict, because runs refer to the first one. */
  async import({ modelId, name = modelId, manifest }: z.output<typeof modelImport>): Promise<Model> {
    const kind = await this.check(modelId, manifest);
    const model = await this.models.create({
      modelId,
      name,
      kind,
      createdAt: new Date().toISOString(),
      manifest,
      lineage: { datasets: [] },
      metrics: {},
    });
    if (model.manifest.uri !== manifest.uri || model.manifest.sha256 !== manifest.sha256)
      throw new ConflictException(`there is already another model "${modelId}"; import it with another --id`);
    // Publishes again: a crash may have prevented it before. Readers ignore a second event of the same id.
    await makeCurrent(this.store, `models/${modelId}`, { manifest });
    const { createdAt, ...published } = model;
    await this.events.publish('model.published', published, { id: `${modelId}/imported/${createdAt}` });
    await this.requests.register(model);
    return model;
  }

  /** @returns the kind of the model: the folder of a reward model has the normalization of its scores */
  private async check(modelId: string, manifest: Model['manifest']): Promise<Model['kind']> {
    const { manifestKey, files } = await describeFolder(this.store, manifest).catch((error) => {
      if (!(error instanceof StorageError) || error instanceof StorageUnavailableError) throw error;
      throw new BadRequestException(
        `manifest: ${error.message} (The store of this platform is ${this.store.url}; pass it to openchat model import as --store.)`,
      );
    });
    if (!manifestKey.startsWith(`models/${modelId}/`))
      throw new BadRequestException(
        `manifest: expected one at models/${modelId}/, where openchat model import stores it; found ${manifestKey}`,
      );
    const names = new Set(files.map(({ path }) => path));
    const missing = REQUIRED.filter((name) => !names.has(name));
    if (![...names].some((name) => name.endsWith('.safetensors'))) missing.push('*.safetensors');
    if (missing.length > 0)
      throw new BadRequestException(
        `manifest: expected the folder of a model; it lacks ${missing.join(' and ')}`,
      );
    return names.has('reward_normalization.json') ? 'reward-model' : 'language-model';
  }
}
