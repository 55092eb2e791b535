import type { ParameterStore } from '@open-chatgpt/runtime';
import type { WeightSource } from '../weights/weight-source';

/** Tensors read at the same time: one waits for the disk or the kernel's copy while another is converted. */
const READERS = 4;

/** Reads every tensor that the store has from a file, straight into its memory. @returns the number of elements */
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
  // All have stopped before an error is thrown, for then the caller closes the file.
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
