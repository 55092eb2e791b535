import { type Run, runSchema } from '@open-chatgpt/orchestration';
import { z } from 'zod';
import { apiSchemas } from '../api/schemas';
import { type Dataset, datasetSchema } from '../datasets/dataset';
import { type Checkpoint, checkpointSchema } from './checkpoint';
import { type Model, modelSchema } from './model';

/** The origin of a model: dataset → run → checkpoint → model, and the lineage of the models that it was made from. */
export const lineageSchema = z.object({
  model: modelSchema,
  run: runSchema.nullable().describe('the run that trained it'),
  checkpoint: checkpointSchema
    .nullable()
    .describe('the checkpoint that it was exported from; by default the last of its run'),
  datasets: z.array(datasetSchema).describe('datasets that it was trained on, if the gateway knows them'),
  sources: z.array(z.string()).describe('datasets that the pipeline file names by path'),
  get parents() {
    return z.array(lineageSchema);
  },
});
lineageSchema.register(apiSchemas, { id: 'Lineage' });

export type Lineage = z.output<typeof lineageSchema>;

/** The documents to search. */
export interface LineageSources {
  models: readonly Model[];
  checkpoints: readonly Checkpoint[];
  run: (runId: string) => Promise<Run | null>;
  dataset: (datasetId: string) => Promise<Dataset | null>;
}

/** Limits cycles, which events of other systems may contain. */
const MAX_DEPTH = 16;

export async function lineageOf(model: Model, known: LineageSources, depth = 0): Promise<Lineage> {
  const { runId, datasets, checkpoint } = model.lineage;
  const run = runId === undefined ? null : await known.run(runId);
  // By URI and hash: two runs may train models with the same hash.
  const startedFrom = Object.values(run?.inputs?.models ?? {});
  const isInput = ({ uri, sha256 }: Model['manifest']) =>
    startedFrom.some((input) => input.uri === uri && input.sha256 === sha256);
  const parents = known.models.filter(
    ({ modelId, manifest }) => modelId !== model.modelId && isInput(manifest),
  );
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
    parents:
      depth >= MAX_DEPTH
        ? []
        : await Promise.all(parents.map((parent) => lineageOf(parent, known, depth + 1))),
  };
}
