import { setTimeout } from 'node:timers/promises';
import { estimateServer, isRewardModel, openModel } from '@open-chatgpt/models';
import type { InferenceConfig } from '../config/inference-config';
import type { ServedModel } from './served-model';

/** Between two looks for a model that has become idle. */
const WAIT_MS = 50;
const MIB = 2 ** 20;

/** A model that cannot be loaded, whatever else is. */
export class ModelTooLarge extends Error {
  override readonly name = 'ModelTooLarge';
}

/** Which models may be in memory: those used last, within a budget, and for a time after their last request. */
export class ModelMemory {
  /** Bytes of the models that are loaded or being loaded. */
  private readonly held = new Map<ServedModel, number>();

  /** @param onUnload called before a model is unloaded */
  constructor(
    private readonly config: InferenceConfig,
    private readonly onUnload: (served: ServedModel, reason: 'idle' | 'memory') => void,
  ) {}

  /** Whether models are loaded by their first request. */
  get onDemand(): boolean {
    const { inferenceModelMemoryMib, inferenceIdleSeconds } = this.config;
    return inferenceModelMemoryMib !== undefined || inferenceIdleSeconds !== undefined;
  }

  /**
   * Waits until there is room for a model, and unloads those without requests that were used the longest time ago.
   * @param path where its files are
   * @throws ModelTooLarge when there never is; the signal's reason on abort
   */
  async makeRoom(served: ServedModel, path: string, signal: AbortSignal): Promise<void> {
    const { inferenceModelMemoryMib: most } = this.config;
    if (most === undefined) {
      this.held.set(served, 0);
      return;
    }
    const bytes = await this.bytesOf(served, path);
    if (bytes > most * MIB)
      throw new ModelTooLarge(
        `needs about ${Math.ceil(bytes / MIB)} MiB, and the models of this server have ${most} MiB; raise ` +
          'OPEN_CHATGPT_INFERENCE_MODEL_MEMORY_MIB (--model-memory), or use int8 or int4 weights',
      );
    while (this.usedBeside(served) + bytes > most * MIB) {
      const [oldest] = this.idle(served);
      if (oldest) this.unload(oldest, 'memory');
      else await setTimeout(WAIT_MS, undefined, { signal });
    }
    this.held.set(served, bytes);
  }

  /** A model that could not be loaded needs no room. */
  release(served: ServedModel): void {
    this.held.delete(served);
  }

  /** Unloads the models without requests whose time is over. */
  unloadIdle(): void {
    const { inferenceIdleSeconds: seconds } = this.config;
    if (seconds === undefined) return;
    for (const served of this.idle(null))
      if (performance.now() - served.lastUsed >= seconds * 1000) this.unload(served, 'idle');
  }

  private unload(served: ServedModel, reason: 'idle' | 'memory'): void {
    this.onUnload(served, reason);
    served.unload();
    this.held.delete(served);
  }

  private usedBeside(served: ServedModel): number {
    let used = 0;
    for (const [other, bytes] of this.held) if (other !== served) used += bytes;
    return used;
  }

  /** The loaded models without requests but this one, by their last use. */
  private idle(but: ServedModel | null): ServedModel[] {
    return [...this.held.keys()]
      .filter((served) => served !== but && served.current && !served.isBusy)
      .sort((a, b) => a.lastUsed - b.lastUsed);
  }

  /** Its weights, keys and values by the usual estimate, and its prefix cache. */
  private async bytesOf(served: ServedModel, path: string): Promise<number> {
    const files = await openModel(path);
    await files.close();
    const scorer = isRewardModel(files);
    const { bytes } = estimateServer({ shape: files.config }, scorer ? 'float32' : served.weights);
    const prefixes = scorer ? 0 : this.config.inferencePrefixCacheMib * MIB;
    return bytes.weights + bytes.cache + prefixes;
  }
}
