import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, type Logger } from '@open-chatgpt/service';
import type { InferenceConfig } from '../config/inference-config';
import { ModelFetcher } from '../models/model-fetcher';
import { invalidRequest, OpenAiError } from '../openai/openai-error';
import { type KeptResponse, type KeptResponses, ResponsesInMemory, ResponsesInStore } from './kept-responses';

/** The responses of each caller. */
@Injectable()
export class ResponsesService {
  private readonly kept: KeptResponses | null;

  constructor(
    @Inject(CONFIG) config: InferenceConfig,
    @Inject(LOGGER) logger: Logger,
    fetcher: ModelFetcher,
  ) {
    const { inferenceResponseDays: days } = config;
    const onSweepError = (error: Error) => logger.warn({ err: error }, 'Old responses cannot be removed');
    const open = () =>
      fetcher.store ? new ResponsesInStore(fetcher.store, days, onSweepError) : new ResponsesInMemory(days);
    this.kept = days === 0 ? null : open();
  }

  /** Does nothing where the server keeps no responses. */
  async put(id: string, response: KeptResponse): Promise<void> {
    await this.kept?.put(id, response);
  }

  /** @throws OpenAiError when this caller has no such response */
  async get(id: string, caller: string): Promise<KeptResponse> {
    const found = await this.find(id, caller);
    if (found) return found;
    throw new OpenAiError(404, 'invalid_request_error', notFound(id), {
      param: 'id',
      code: 'response_not_found',
    });
  }

  /** @throws OpenAiError when this caller has no such response */
  async previous(id: string, caller: string): Promise<KeptResponse> {
    const found = await this.find(id, caller);
    if (found) return found;
    throw invalidRequest(notFound(id), 'previous_response_id', 'previous_response_not_found');
  }

  /** @throws OpenAiError when this caller has no such response */
  async delete(id: string, caller: string): Promise<void> {
    await this.get(id, caller);
    await this.kept!.delete(id);
  }

  private async find(id: string, caller: string): Promise<KeptResponse | null> {
    const found = /^resp_[0-9a-f]{48}$/.test(id) ? await this.kept?.get(id) : null;
    return found?.caller === caller ? found : null;
  }
}

const notFound = (id: string): string =>
  `the response "${id}" is not kept here: it is unknown, of another caller, deleted, expired, or was sent with store: false`;
