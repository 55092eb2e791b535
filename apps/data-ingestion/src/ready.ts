import { openDataset } from '@open-chatgpt/datasets';
import type { DataOf, Dataref } from '@open-chatgpt/events';
import { type IngestReport, readReport } from '@open-chatgpt/ingestion';

type Ready = DataOf<'dataset.ready'>;

/** The event of a dataset in `folder` that was published as `manifest`. */
export async function describeReady(datasetId: string, folder: string, manifest: Dataref): Promise<Ready> {
  const dataset = await openDataset(folder);
  const { kind, splits } = dataset.manifest;
  const examples = { train: splits.train.records.rows, eval: splits.eval.records.rows };
  return {
    datasetId,
    kind,
    manifest,
    rows: rowsOf(await readReport(dataset)),
    examples,
    ...(splits.train.shards && {
      tokens: splits.train.shards.tokens + (splits.eval.shards?.tokens ?? 0),
    }),
  };
}

/** A row can have several examples, each of which is kept or dropped. The sum in the contract counts examples. */
function rowsOf({ kept: { train, eval: heldOut }, dropped }: IngestReport): Ready['rows'] {
  const counts = Object.fromEntries(
    Object.entries(dropped).map(([reason, { count }]) => [reason.slice(0, 128), count]),
  );
  const kept = train + heldOut;
  return { read: Object.values(counts).reduce((sum, count) => sum + count, kept), kept, dropped: counts };
}
