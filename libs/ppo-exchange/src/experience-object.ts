import { type Dataref, dataref } from '@open-chatgpt/events';
import type { ObjectStore } from '@open-chatgpt/storage';
import type { ValueExperience } from '@open-chatgpt/training';
import { z } from 'zod';
import { getDocument, putDocument } from './dataref';

const numbers = z.array(z.number());
const documentSchema = z.object({
  formatVersion: z.literal(1),
  iteration: z.int(),
  previous: dataref.optional(),
  samples: z.array(z.object({ prompt: numbers, response: numbers, values: numbers, returns: numbers })),
});

/** What the value model learns from in one iteration. */
export interface IterationExperience {
  iteration: number;
  /** That of the iteration before; none where that is in the checkpoint. */
  previous?: Dataref;
  samples: ValueExperience[];
}

/** @param folder of the learner */
export function putExperience(
  store: ObjectStore,
  folder: string,
  { iteration, previous, samples }: IterationExperience,
): Promise<Dataref> {
  const document = {
    formatVersion: 1,
    iteration,
    previous,
    samples: samples.map(({ prompt, response, values, returns }) => ({
      prompt,
      response,
      values: [...values],
      returns: [...returns],
    })),
  };
  return putDocument(store, `${folder}/experience/${iteration}`, document);
}

export async function getExperience(store: ObjectStore, reference: Dataref): Promise<IterationExperience> {
  const { iteration, previous, samples } = documentSchema.parse(await getDocument(store, reference));
  return {
    iteration,
    previous,
    samples: samples.map(({ prompt, response, values, returns }) => ({
      prompt,
      response,
      values: Float32Array.from(values),
      returns: Float32Array.from(returns),
    })),
  };
}
