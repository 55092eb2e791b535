import { Injectable, NotFoundException } from '@nestjs/common';
import { type Pipeline, pipelineSchema } from '@open-chatgpt/orchestration';
import type { DocumentStore } from '../documents/document-store';
import { Documents } from '../documents/documents';

/** The documents of all pipelines, those of deleted ones included. */
@Injectable()
export class PipelineDocuments {
  private readonly documents: DocumentStore<Pipeline>;

  constructor(documents: Documents) {
    this.documents = documents.collection('gateway/pipelines', pipelineSchema);
  }

  /** @returns whether the document was created; false if the id exists */
  create(pipeline: Pipeline): Promise<boolean> {
    return this.documents.create(pipeline.pipelineId, pipeline);
  }

  all(): Promise<Pipeline[]> {
    return this.documents.all();
  }

  find(pipelineId: string): Promise<Pipeline | null> {
    return this.documents.get(pipelineId);
  }

  /** @throws NotFoundException */
  async get(pipelineId: string): Promise<Pipeline> {
    return found(pipelineId, await this.find(pipelineId));
  }

  /** Changes a document if it exists, by compare-and-swap. @returns the current one */
  changeFound(pipelineId: string, change: (found: Pipeline) => Pipeline): Promise<Pipeline | null> {
    return this.documents.change(pipelineId, (document) => document && change(document));
  }

  /** As `changeFound`. @throws NotFoundException */
  async change(pipelineId: string, change: (found: Pipeline) => Pipeline): Promise<Pipeline> {
    return found(pipelineId, await this.changeFound(pipelineId, change));
  }
}

function found(pipelineId: string, document: Pipeline | null): Pipeline {
  if (!document) throw new NotFoundException(`there is no pipeline "${pipelineId}"`);
  return document;
}
