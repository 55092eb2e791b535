import { posix } from 'node:path';
import type { Dataref } from '@open-chatgpt/events';
import type { ObjectStore } from '@open-chatgpt/storage';
import type {
  DroppedSample,
  Rollout,
  RolloutBatch,
  SamplePrompt,
  ScoredRollout,
} from '@open-chatgpt/training';
import { z } from 'zod';
import { count, flag, float32s, float64, float64s, tokenIds } from './columns';
import { keyOf, removeObjects } from './exchanged-objects';
import { getSamples, putSamples, type SampleFormat } from './sample-objects';

/** The prompts of one rollout batch. A work item has one or several batches. */
export type PromptBatch = Pick<RolloutBatch, 'firstIndex' | 'prompts'>;

/** The responses to a work item, by rollout batch; a batch whose samples were all dropped is left out. */
export interface ItemRollouts {
  batches: readonly Rollout[][];
  dropped: readonly DroppedSample[];
}

/** The scored responses to a work item. */
export interface ItemExperience {
  samples: readonly ScoredRollout[];
  dropped: readonly DroppedSample[];
}

const rolloutColumns = {
  id: count,
  promptIndex: count,
  prompt: tokenIds('prompt'),
  response: tokenIds('response'),
  endsWithEos: flag,
  logProbs: float32s('response'),
  refLogProbs: float32s('response'),
};

const dropped = z.object({ dropped: z.array(z.object({ id: z.int().min(0), reason: z.string() })) });

const promptFormat: SampleFormat<SamplePrompt & Pick<RolloutBatch, 'firstIndex'>, object> = {
  table: { firstIndex: count, sampleId: count, promptIndex: count, prompt: tokenIds('prompt') },
  description: z.object({}),
};

const rolloutFormat: SampleFormat<Rollout & { batch: number }, Pick<ItemRollouts, 'dropped'>> = {
  table: { batch: count, ...rolloutColumns },
  description: dropped,
};

const experienceFormat: SampleFormat<ScoredRollout, Pick<ItemExperience, 'dropped'>> = {
  table: {
    ...rolloutColumns,
    score: float64,
    kl: float64,
    values: float32s('response'),
    advantages: float64s('response'),
    returns: float64s('response'),
  },
  description: dropped,
};

/** The iteration that a work item is for, and whether the item is of the evaluation after it. */
type ItemIteration = Pick<RolloutBatch, 'iteration' | 'evaluation'>;

/**
 * Stores the prompts of a work item.
 * @param folder of the learner
 */
export function putPrompts(
  store: ObjectStore,
  folder: string,
  { itemId, iteration, evaluation }: ItemIteration & { itemId: string },
  batches: readonly PromptBatch[],
): Promise<Dataref> {
  const prefix = `${folder}/work-items/${iteration}${evaluation ? '-evaluation' : ''}/${itemId}/prompts`;
  const rows = batches.flatMap(({ firstIndex, prompts }) =>
    prompts.map((prompt) => ({ firstIndex, ...prompt })),
  );
  return putSamples(store, prefix, promptFormat, rows, {});
}

/** @throws ObjectNotFoundError, ChecksumError, SampleTableError */
export async function getPrompts(store: ObjectStore, reference: Dataref): Promise<PromptBatch[]> {
  const { rows } = await getSamples(store, reference, promptFormat);
  return groupBy(rows, ({ firstIndex }) => firstIndex).map((prompts) => ({
    firstIndex: prompts[0].firstIndex,
    prompts: prompts.map(({ firstIndex: _, ...prompt }) => prompt),
  }));
}

/** Stores the responses to a work item. @param prompts that they answer */
export function putRollouts(
  store: ObjectStore,
  prompts: Dataref,
  { batches, dropped }: ItemRollouts,
): Promise<Dataref> {
  const rows = batches.flatMap((rollouts, batch) => rollouts.map((rollout) => ({ batch, ...rollout })));
  return putSamples(store, siblingOf(store, prompts, 'rollouts'), rolloutFormat, rows, { dropped });
}

/** @throws ObjectNotFoundError, ChecksumError, SampleTableError */
export async function getRollouts(store: ObjectStore, reference: Dataref): Promise<ItemRollouts> {
  const { rows, description } = await getSamples(store, reference, rolloutFormat);
  const batches = groupBy(rows, ({ batch }) => batch);
  return {
    batches: batches.map((rollouts) => rollouts.map(({ batch: _, ...rollout }) => rollout)),
    ...description,
  };
}

/** Stores the scored responses to a work item. @param rollouts that were scored */
export function putExperience(
  store: ObjectStore,
  rollouts: Dataref,
  { samples, dropped }: ItemExperience,
): Promise<Dataref> {
  return putSamples(store, siblingOf(store, rollouts, 'experience'), experienceFormat, samples, { dropped });
}

/** @throws ObjectNotFoundError, ChecksumError, SampleTableError */
export async function getExperience(store: ObjectStore, reference: Dataref): Promise<ItemExperience> {
  const { rows, description } = await getSamples(store, reference, experienceFormat);
  return { samples: rows, ...description };
}

/**
 * Removes the objects of the work items up to this iteration, also of answers that came late. The evaluation after the
 * iteration is not included.
 * @param folder of the learner
 */
export function removeWorkItems(store: ObjectStore, folder: string, lastIteration: number): Promise<void> {
  const prefix = `${folder}/work-items/`;
  return removeObjects(store, prefix, (key) => {
    const [iteration, evaluation] = key.slice(prefix.length).split('/', 1)[0].split('-');
    return Number(iteration) <= (evaluation ? lastIteration - 1 : lastIteration);
  });
}

const siblingOf = (store: ObjectStore, reference: Dataref, name: string) =>
  posix.join(posix.dirname(keyOf(store, reference)), name);

/** The rows with equal keys, in the order in which the keys appear. */
function groupBy<Row>(rows: readonly Row[], keyOfRow: (row: Row) => number): Row[][] {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const key = keyOfRow(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()];
}
