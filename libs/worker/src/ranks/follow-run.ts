import { setTimeout as sleep } from 'node:timers/promises';
import type { DataOf } from '@open-chatgpt/events';
import { openRunFolder, type StoredCheckpoint } from '@open-chatgpt/runs';
import { retryUntilAvailable } from '@open-chatgpt/storage';
import { resolveLocalModel, runPipeline, TrainingInterrupted } from '@open-chatgpt/training';
import { causeOf } from '../failure-cause';
import { type OneRunEnd, ofError, unavailable } from '../one-run/one-run-end';
import { RunCheckpoints } from '../run-checkpoints';
import { fetchInputs } from '../stage-inputs';
import type { StageWorkerOptions } from '../stage-worker';
import { emptyFolderOf } from './empty-folder';
import type { RankFollower } from './rank-follower';

/** How long a rank that has failed waits for rank 0, which fails too unless the machine is the cause. */
const SAME_FAILURE_MS = 10_000;

type Options = Pick<StageWorkerOptions, 'store' | 'cacheDir' | 'ranksDir' | 'resolveBuiltin'>;

export interface FollowRules {
  /** How long it waits for the store. */
  patienceMs: number;
  sameFailureMs?: number;
}

/**
 * Executes a run as a rank above 0: the same programs on the same data, from the same checkpoint, in a separate folder. It
 * claims nothing, publishes no event and stores neither checkpoints nor a model: rank 0 does.
 * @returns how rank 0 ended
 */
export async function followRun(
  options: Options,
  request: DataOf<'run.requested'>,
  follower: RankFollower,
  { patienceMs, sameFailureMs = SAME_FAILURE_MS }: FollowRules,
): Promise<OneRunEnd> {
  const begun = await Promise.race([
    follower.begin.then((checkpoint) => ({ checkpoint })),
    follower.end.then(() => null),
  ]);
  if (!begun) return follower.end;
  const executing = execute(options, request, follower, { patienceMs, ...begun });
  const failing = executing.then(
    () => follower.end,
    (error) => afterFailure(error, follower, sameFailureMs),
  );
  const end = await Promise.race([follower.end, failing]);
  // Rank 0 has what it needs of this rank, which may still write its own folder.
  if (end.outcome === 'completed') await executing.catch(() => undefined);
  return end;
}

async function execute(
  options: Options,
  request: DataOf<'run.requested'>,
  follower: RankFollower,
  { patienceMs, checkpoint }: { patienceMs: number; checkpoint: StoredCheckpoint | null },
): Promise<void> {
  const { store, resolveBuiltin } = options;
  const { runId, stage: name } = request;
  const whileAvailable = <T>(work: () => Promise<T>) =>
    retryUntilAvailable(work, follower.stopped, () => undefined, patienceMs);
  const path = emptyFolderOf(options, runId, follower.rank);
  const { pipeline, models } = await fetchInputs(options, request, path, whileAvailable);
  const folder = openRunFolder(path, { resume: true });
  try {
    if (checkpoint) {
      const checkpoints = new RunCheckpoints(store, runId, name, folder);
      await whileAvailable(() => checkpoints.restore([checkpoint], refuse));
    }
    await runPipeline({
      pipeline,
      only: { stage: name, models },
      folder,
      resume: true,
      signal: follower.stopped,
      agree: () => follower.agree(),
      resolveModel: resolveLocalModel(resolveBuiltin),
      show: () => undefined,
    });
  } finally {
    folder.close();
  }
}

/** Another checkpoint than that of rank 0 would be another run. */
function refuse(message: string): never {
  throw new Error(message);
}

/** What fails on this rank alone is no fault of the run: another attempt may succeed. */
async function afterFailure(error: Error, follower: RankFollower, sameFailureMs: number): Promise<OneRunEnd> {
  if (error instanceof TrainingInterrupted) return follower.end;
  await sleep(sameFailureMs, undefined, { ref: false });
  return causeOf(error) === 'machine' ? ofError(error) : unavailable(error.message);
}
