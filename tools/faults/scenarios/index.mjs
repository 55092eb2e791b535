import { broker } from './broker.mjs';
import { diskFull } from './disk-full.mjs';
import { duplicates } from './duplicates.mjs';
import { kill } from './kill.mjs';
import { poison } from './poison.mjs';
import { store } from './store.mjs';

/**
 * By name: `title`; `rounds`, whether it is repeated `--times` times; `inject(cluster, { seed, undisturbed })`, which trains
 * a pipeline under the fault and returns its outcome, what was injected, and a problem if the outcome does not show it.
 */
export const scenarios = { kill, broker, store, poison, duplicates, disk: diskFull };
