import { BadRequestException, Inject, Injectable, NotFoundException } from '@nestjs/common';
import type { Dataref, EventOf } from '@open-chatgpt/events';
import { OBJECT_STORE } from '@open-chatgpt/service';
import { currentFolder, type ObjectStore } from '@open-chatgpt/storage';
import { DatasetsService } from '../datasets/datasets.service';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';
import { RunsService } from '../runs/runs.service';
import { CheckpointsService } from './checkpoints.service';
import { type Lineage, lineageOf } from './lineage';
import { type Model, modelSchema } from './model';

/** Stores the published models, and traces their lineage. */
@Injectable()
export class ModelsService {
  private readonly models: DocumentStore<Model>;

  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    documents: Documents,
    private readonly runs: RunsService,
    private readonly datasets: DatasetsService,
    private readonly checkpoints: CheckpointsService,
  ) {
    this.models = documents.collection('gateway/models', modelSchema);
  }

  all(): Promise<Model[]> {
    return this.models.all();
  }

  async get(modelId: string): Promise<Model> {
    const model = await this.models.get(modelId);
    if (!model) throw new NotFoundException(`there is no model "${modelId}"`);
    return model;
  }

  /** The manifest of a model. @throws BadRequestException when there is no such model, or it was deleted */
  async manifestOf(modelId: string): Promise<Dataref> {
    const model = await this.models.get(modelId);
    if (model && !model.deletedAt) return model.manifest;
    throw new BadRequestException(
      `pipeline: ${model ? `the model "${modelId}" was deleted` : `there is no model "${modelId}"`}; openchat model import brings one to the platform, ` +
        'openchat get models lists the models',
    );
  }

  /** Creates the model unless its id exists. @returns the model of that id */
  async create(model: Model): Promise<Model> {
    return (await this.models.change(model.modelId, (found) =>
      found && !found.deletedAt ? found : model,
    )) as Model;
  }

  /** @param deletedAt undefined restores the model */
  async setDeleted(modelId: string, deletedAt: string | undefined): Promise<Model> {
    return (await this.models.change(modelId, (found) => found && { ...found, deletedAt })) as Model;
  }

  async lineage(modelId: string): Promise<Lineage> {
    return lineageOf(await this.get(modelId), {
      models: await this.models.all(),
      checkpoints: await this.checkpoints.all(),
      run: (id) => this.runs.find(id),
      dataset: (id) => this.datasets.find(id),
    });
  }

  /**
   * Idempotent. The store says which model an id stands for, so an old event changes nothing. Where it says nothing, the
   * events of an id count in their order; those of a deleted model do not restore it.
   */
  async apply({ data, time }: EventOf<'model.published'>): Promise<void> {
    const { modelId, manifest } = data;
    const current = await currentFolder(this.objects, `models/${modelId}`);
    if (current && !isSame(current.manifest, manifest)) return;
    await this.models.change(modelId, (found) => {
      const isOld = found && (isSame(found.manifest, manifest) || (found.deletedAt && !current));
      return isOld ? null : { ...data, createdAt: time };
    });
  }
}

const isSame = (a: Pick<Dataref, 'uri' | 'sha256'>, b: Pick<Dataref, 'uri' | 'sha256'>): boolean =>
  a.uri === b.uri && a.sha256 === b.sha256;
