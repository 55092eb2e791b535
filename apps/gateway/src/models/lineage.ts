import type { Dataref } from '@open-chatgpt/events';
import { type Run, runSchema } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';
import { type Dataset, datasetSchema } from '../datasets/dataset';
import { type Checkpoint, checkpointSchema } from './checkpoint';
import { type Model, modelSchema } from './model';

const MOST_MODELS = 100;

/** The origin of a model: dataset → run → checkpoint → model, and the lineage of the models that it was made from. */
export const lineageSchema = z.object({
  model: modelSchema,
  run: runSchema.nullable().describe('the run that trained it'),
  checkpoint: checkpointSchema
    .nullable()
    .describe('the checkpoint that it was exported from; by default the last of its run'),
  datasets: z.array(datasetSchema).describe('datasets that it was trained on, if the gateway knows them'),
  sources: z.array(z.string()).describe('datasets that the pipeline file names by path'),
  repeated: z
    .boolean()
    .describe('whether its parents are listed where the model occurs elsewhere in this lineage'),
  incomplete: z
    .boolean()
    .describe(`whether parents are left out: a lineage lists at most ${MOST_MODELS} models`),
  get parents() {
    return z.array(lineageSchema);
  },
});
lineageSchema.register(apiSchemas, { id: 'Lineage' });

/** The declaration file of the schema does not have its recursion. */
export interface Lineage extends Omit<z.output<typeof lineageSchema>, 'parents'> {
  parents: Lineage[];
}

/** The documents to search. */
export interface LineageSources {
  models: readonly Model[];
  checkpoints: readonly Checkpoint[];
  run: (runId: string) => Promise<Run | null>;
  dataset: (datasetId: string) => Promise<Dataset | null>;
}

/**
 * The lineage of a model, the nearest parents first. Events of other systems may contain cycles, and many models with the same files:
 * the parents of each model are listed once.
 */
export async function lineageOf(model: Model, known: LineageSources): Promise<Lineage> {
  // By URI and hash: two runs may train models with the same hash.
  const byManifest = new Map<string, Model[]>();
  for (const one of known.models) {
    const same = byManifest.get(keyOf(one.manifest));
    if (same) same.push(one);
    else byManifest.set(keyOf(one.manifest), [one]);
  }
  const root = await describe(model, known);
  const listed = new Set([model.modelId]);
  const queue = [root];
  let models = 1;
  for (const child of queue) {
    const startedFrom = new Set(Object.values(child.run?.inputs?.models ?? {}).map(keyOf));
    const parents = [...startedFrom].flatMap((key) => byManifest.get(key) ?? []);
    for (const parent of parents) {
      if (parent.modelId === child.model.modelId) continue;
      child.incomplete = models === MOST_MODELS;
      if (child.incomplete) break;
      models++;
      const lineage = await describe(parent, known);
      child.parents.push(lineage);
      lineage.repeated = listed.has(parent.modelId);
      if (lineage.repeated) continue;
      listed.add(parent.modelId);
      queue.push(lineage);
    }
  }
  return root;
}

const keyOf = ({ uri, sha256 }: Dataref) => `${sha256} ${uri}`;

/** A model without its parents. */
async function describe(model: Model, known: LineageSources): Promise<Lineage> {
  const { runId, datasets, checkpoint } = model.lineage;
  const run = runId === undefined ? null : await known.run(runId);
  const exported = (checkpoint ?? run?.checkpoint)?.sha256;
  const ids = new Set([...datasets, ...(run?.inputs?.datasets ?? [])]);
  const found = await Promise.all([...ids].map((id) => known.dataset(id)));
  return {
    model,
    run,
    checkpoint:
      known.checkpoints.find((one) => one.runId === runId && one.manifest.sha256 === exported) ?? null,
    datasets: found.filter((dataset) => dataset !== null),
    sources: run?.inputs?.sources ?? [],
    parents: [],
    repeated: false,
    incomplete: false,
  };
}
