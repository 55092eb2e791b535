import { Body, Controller, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { PoolingService } from '../generation/pooling.service';
import type { LoadedModel } from '../models/loaded-model';
import { ModelsService } from '../models/models.service';
import { Endpoint } from './api';
import { deadlineOf } from './deadline';
import { type EmbeddingsRequest, embeddingsSchema, readEmbeddingsRequest } from './embeddings-request';
import { encodePrompt } from './encode-prompt';
import { invalidRequest } from './openai-error';
import { checkTokenIds } from './token-ids';

/** https://platform.openai.com/docs/api-reference/embeddings/create */
@ApiTags('OpenAI')
@Controller('v1/embeddings')
export class EmbeddingsController {
  constructor(
    private readonly models: ModelsService,
    private readonly pooling: PoolingService,
  ) {}

  @Post()
  @Endpoint('Vectors of texts', embeddingsSchema)
  async create(@Body() body: unknown, @Res() response: Response): Promise<void> {
    const { inputs, ...request } = readEmbeddingsRequest(body);
    const served = await this.models.ready(request.model, deadlineOf(response));
    const model = served.requireLoaded();
    const embed = embedderOf(model, request);
    await this.pooling.respond(
      response,
      served,
      inputs.length,
      async (index) => embed(await encodeInput(model, inputs[index])),
      (vectors, tokens) => ({
        object: 'list',
        data: vectors.map((vector, index) => ({
          object: 'embedding',
          index,
          embedding: request.encoding_format === 'base64' ? base64(vector) : [...vector],
        })),
        model: model.name,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      }),
    );
  }
}

/** @throws OpenAiError when the model gives no vectors, or shorter ones than the request wants */
function embedderOf(
  { name, parent, embedder, weights, generator }: LoadedModel,
  request: Omit<EmbeddingsRequest, 'inputs'>,
) {
  const { hiddenSize } = generator.model.config;
  const { dimensions = hiddenSize, pooling, normalize } = request;
  if (parent !== null) {
    throw invalidRequest(
      `the model "${name}" is an adapter, which gives no vectors; merge it (openchat model merge) and serve the result`,
      'model',
    );
  }
  if (!embedder) {
    throw invalidRequest(
      `the model "${name}" has ${weights} weights; embeddings need float32: serve it under another name without quantization`,
      'model',
    );
  }
  if (dimensions > hiddenSize) {
    throw invalidRequest(`dimensions: the vectors of "${name}" have ${hiddenSize}`, 'dimensions');
  }
  return async (ids: number[]) => {
    const vector = (await embedder.embed(ids, pooling)).subarray(0, dimensions);
    return { result: normalize ? unit(vector) : vector, tokens: ids.length };
  };
}

async function encodeInput(model: LoadedModel, input: string | number[]): Promise<number[]> {
  const ids = await encodePrompt(model, input, 'input');
  checkTokenIds('input', ids, model.generator.model.config.vocabSize);
  if (ids.length === 0) throw invalidRequest('input: a text has no tokens', 'input');
  if (ids.length <= model.maxLength) return ids;
  throw invalidRequest(
    `this model's context is ${model.maxLength} tokens, an input has ${ids.length}; shorten it`,
    'input',
    'context_length_exceeded',
  );
}

function unit(vector: Float32Array): Float32Array {
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector : vector.map((value) => value / norm);
}

/** The bytes of the float32 values, little-endian on every platform of Node, as OpenAI's clients decode them. */
function base64({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
