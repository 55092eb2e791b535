import { createHash } from 'node:crypto';
import type { ParameterStore } from '@open-chatgpt/runtime';
import { expectedTensors } from '@open-chatgpt/sizing';
import type { ModelConfig } from '../config/model-config';
import { elementCount, type WeightSource } from './weight-source';

/** SHA-256 over names and float32 values of all weights: equal weights, equal hash, in whatever format they are stored. */
export function hashWeights(weights: ParameterStore): string {
  const hash = createHash('sha256');
  for (const { name, read } of weights.all) add(hash, name, read());
  return hash.digest('hex');
}

/** The same hash of the base weights in files, one tensor in memory at a time. */
export async function hashWeightFiles(
  config: ModelConfig,
  source: WeightSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  const tensors = expectedTensors(config);
  const total = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  let done = 0;
  for (const { name, shape } of tensors) {
    const data = new Float32Array(elementCount(shape));
    await source.read(name, data);
    add(hash, name, data);
    done += data.length;
    onProgress(done, total);
  }
  return hash.digest('hex');
}

function add(hash: ReturnType<typeof createHash>, name: string, data: Float32Array): void {
  hash.update(name);
  hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
