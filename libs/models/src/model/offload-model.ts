import { type Model, storesOf } from './model';

/** What stays in the memory of the host: `cpu`, as DeepSpeed names it, or nothing. */
export interface OffloadOption {
  /** The moments of AdamW. */
  offloadOptimizer: 'none' | 'cpu';
  /** The weights. */
  offloadParam: 'none' | 'cpu';
}

/** Keeps weights or moments of a model in the memory of the host. Call it before programs and the optimizer are made. */
export function offloadModel(model: Model, { offloadOptimizer, offloadParam }: OffloadOption): void {
  for (const store of storesOf(model))
    store.offload({ weights: offloadParam === 'cpu', moments: offloadOptimizer === 'cpu' });
}
