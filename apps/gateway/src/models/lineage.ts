import { z } from 'zod';
import { apiSchemas } from '../api/schemas';
import { type Dataset, datasetSchema } from '../datasets/dataset';
import { type Run, runSchema } from '../runs/run';
import { type Checkpoint, checkpointSchema } from './checkpoint';
import { type Model, modelSchema } from './model';

/** Where a model comes from: dataset → run → checkpoint → model, and the same of the models that it was made from. */
export const lineageSchema = z.object({
  model: modelSchema,
  run: runSchema.nullable().describe('that made it'),
  checkpoint: checkpointSchema
    .nullable()
    .describe('that it was exported from: by default the last of its run'),
  datasets: z.array(datasetSchema).describe('that the run learned from, as far as they are known here'),
  sources: z.array(z.string()).describe('datasets that the pipeline file names by path'),
  get parents() {
    return z.array(lineageSchema);
  },
});
lineageSchema.register(apiSchemas, { id: 'Lineage' });

export type Lineage = z.output<typeof lineageSchema>;

/** What there is to look through. */
export interface Known {
  models: readonly Model[];
  checkpoints: readonly Checkpoint[];
  run: (runId: string) => Promise<Run | null>;
  dataset: (datasetId: string) => Promise<Dataset | null>;
}

/** More generations than any pipeline makes: what others tell of their models may run in a circle. */
const DEEPEST = 16;

export async function lineageOf(model: Model, known: Known, depth = 0): Promise<Lineage> {
  const { runId, datasets, checkpoint } = model.lineage;
  const run = runId === undefined ? null : await known.run(runId);
  // By place and content: two runs that trained the same have models of the same hash.
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
      depth >= DEEPEST ? [] : await Promise.all(parents.map((parent) => lineageOf(parent, known, depth + 1))),
  };
}
