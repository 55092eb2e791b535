import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordsState } from '../records/write-records';
import type { ShardsState } from '../shards/write-shards';
import { Checkpoints } from './checkpoints';
import { WorkFolder } from './work-folder';

const records = (bytes: number): RecordsState => ({
  done: false,
  mixer: { taken: [0], ended: [false] },
  rows: [0],
  kept: { train: 0, eval: 0 },
  bytes: { train: bytes, eval: 0 },
  journals: {},
  forgotten: {},
  pipeline: {
    dropped: {},
    repaired: {},
    nearPromptsAcrossSplit: {},
    characters: { train: {}, eval: {} },
  },
});
const shards = (bytes: number): ShardsState => ({
  done: false,
  records: 1,
  bytes,
  written: 0,
  bytesRead: bytes,
  shards: [],
  dropped: {},
  lostAnswers: {},
  tokens: {},
});

it('saves shards with the records that they hold, and copies the states', async () => {
  const root = mkdtempSync(join(tmpdir(), 'checkpoints-'));
  const folder = new WorkFolder(join(root, 'set'));
  const checkpoints = new Checkpoints(folder, await folder.open('hash', false));
  const saved = () => JSON.parse(readFileSync(join(root, 'set.partial/.work/state.json'), 'utf8'));

  await checkpoints.saveShards('train', shards(100));
  expect(saved()).toMatchObject({ records: null, shards: {} });
  const early = records(90);
  await checkpoints.saveRecords(early);
  expect(saved()).toMatchObject({ records: { bytes: { train: 90 } }, shards: {} });
  early.bytes.train = 1000;
  await checkpoints.saveShards('train', shards(120));
  expect(saved()).toMatchObject({ records: { bytes: { train: 90 } }, shards: {} });
  // Two at once, as when both stages come to an end.
  await Promise.all([
    checkpoints.saveRecords(records(130)),
    checkpoints.saveShards('eval', shards(0)),
    checkpoints.saveShards('train', shards(125)),
  ]);
  expect(saved()).toMatchObject({
    records: { bytes: { train: 130 } },
    shards: { train: { bytes: 125 }, eval: { bytes: 0 } },
  });
  rmSync(root, { recursive: true });
});
