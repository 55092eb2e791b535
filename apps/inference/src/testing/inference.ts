import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { loadConfig } from '@open-chatgpt/service';
import OpenAI from 'openai';
import { inferenceConfigSchema } from '../config/inference-config';
import { type RunningInference, startInference } from '../start-inference';

/** The real service on a free port, with variables named without their OPEN_CHATGPT_ prefix. */
export function startWith(variables: Record<string, string>): Promise<RunningInference> {
  const env = Object.entries(variables).map(([name, value]) => [`OPEN_CHATGPT_${name}`, value]);
  return startInference(
    loadConfig(inferenceConfigSchema, {
      OPEN_CHATGPT_PORT: '0',
      OPEN_CHATGPT_LOG_LEVEL: 'fatal',
      ...Object.fromEntries(env),
    }),
  );
}

export interface TinyService {
  /** Holds the model in `tiny-1`. */
  folder: string;
  url: string;
  client: OpenAI;
  stop(): Promise<void>;
}

/** The service with the model `tiny`, and OpenAI's client of it, which does not try again. `stop` deletes the model. */
export async function startTiny(options?: Parameters<typeof writeTinyModel>[2]): Promise<TinyService> {
  const folder = mkdtempSync(join(tmpdir(), 'inference-'));
  const path = await writeTinyModel(folder, 1, options);
  const service = await startWith({ INFERENCE_MODELS: `tiny=${path}`, INFERENCE_BATCH_SIZE: '8' });
  await service.loaded();
  const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  const stop = async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  };
  return { folder, url: service.url, client, stop };
}

/** Polls until the condition holds; the timeout of the test ends it. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
