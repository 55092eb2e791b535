import type { ParameterStore } from '@open-chatgpt/runtime';
import type { WeightSource } from '../weights/weight-source';

/** Number of concurrent reads: one waits for the disk while another is converted. */
const READERS = 4;

/** Reads every tensor of the store from a file into the memory of the store. @returns the number of elements @throws ModelFileError */
export async function loadWeights(
  store: ParameterStore,
  source: WeightSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<number> {
  const available = new Set(source.tensors().map(({ name }) => name));
  const wanted = store.all.filter(({ name }) => available.has(name));
  const total = wanted.reduce((sum, { data }) => sum + data.length, 0);
  let done = 0;
  const readNext = async (): Promise<void> => {
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      await source.read(next.name, next.data);
      done += next.data.length;
      onProgress(done, total);
    }
  };
  // Waits for all reads before an error is thrown, because the caller then closes the file.
  const reader = () =>
    readNext().catch((error) => {
      wanted.length = 0;
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: READERS }, reader));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) throw failed.reason;
  return total;
}
