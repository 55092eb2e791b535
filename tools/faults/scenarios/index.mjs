import { broker } from './broker.mjs';
import { diskFull } from './disk-full.mjs';
import { duplicates } from './duplicates.mjs';
import { kill } from './kill.mjs';
import { poison } from './poison.mjs';
import { store } from './store.mjs';

/**
 * By name: what it does (`title`), whether it is repeated `--times` times (`rounds`), and `inflict(cluster, { seed,
 * undisturbed })`, which trains a pipeline under the fault and gives its outcome, what was done to it, and a problem
 * beside the outcome, if there is one.
 */
export const scenarios = { kill, broker, store, poison, duplicates, disk: diskFull };
