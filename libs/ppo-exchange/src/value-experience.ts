import { type Dataref, dataref } from '@open-chatgpt/events';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { ValueExperience } from '@open-chatgpt/training';
import { z } from 'zod';
import { float32s, tokenIds } from './columns';
import { getSamples, putSamples, type SampleFormat } from './sample-objects';

/** What the value model learns from in one iteration. */
export interface IterationExperience {
  iteration: number;
  /** Experience of the iteration before; none when the checkpoint includes it. */
  previous?: Dataref;
  samples: readonly ValueExperience[];
}

const format: SampleFormat<ValueExperience, Omit<IterationExperience, 'samples'>> = {
  table: {
    prompt: tokenIds('prompt'),
    response: tokenIds('response'),
    values: float32s('response'),
    returns: float32s('response'),
  },
  description: z.object({ iteration: z.int(), previous: dataref.optional() }),
};

/** @param folder of the learner */
export function putValueExperience(
  store: ObjectStore,
  folder: string,
  { samples, ...description }: IterationExperience,
): Promise<Dataref> {
  const prefix = `${folder}/value-experience/${description.iteration}`;
  return putSamples(store, prefix, format, samples, description);
}

/** @throws ObjectNotFoundError, ChecksumError, SampleTableError */
export async function getValueExperience(
  store: ObjectStore,
  reference: Dataref,
): Promise<IterationExperience> {
  const { rows, description } = await getSamples(store, reference, format);
  return { ...description, samples: rows };
}
