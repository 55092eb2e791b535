import type { Model } from '@open-chatgpt/models';
import { Mutex } from 'async-mutex';
import { ForwardPrograms } from '../trainer/programs';

/** Which hidden states make the vector of a text: that of its last token, or the mean of all. */
export type Pooling = 'last' | 'mean';

/** Texts are padded to a power of two of at least this many tokens, so few graphs are compiled. */
const SHORTEST = 16;

/** Gives texts (token ids) vectors: the hidden states after the model's last norm. */
export class TextEmbedder {
  private readonly programs: ForwardPrograms;
  private readonly mutex = new Mutex();

  /** @param model with float32 weights, which are read in place */
  constructor(private readonly model: Model) {
    this.programs = new ForwardPrograms(model, ({ context, hidden }) =>
      context.graph.output('hidden', hidden),
    );
  }

  /** Texts are embedded one at a time, in the order of the calls. @returns a vector of the model's hidden size, not normalized */
  embed(ids: readonly number[], pooling: Pooling): Promise<Float32Array> {
    return this.mutex.runExclusive(() => this.run(ids, pooling));
  }

  private async run(ids: readonly number[], pooling: Pooling): Promise<Float32Array> {
    const { hiddenSize, maxPositionEmbeddings } = this.model.config;
    const padded = Math.max(SHORTEST, 2 ** Math.ceil(Math.log2(ids.length)));
    const length = Math.min(padded, maxPositionEmbeddings);
    const program = this.programs.of({ batch: 1, length });
    // Attention is causal: what stands after the text changes none of its hidden states.
    const inputIds = new BigInt64Array(length);
    ids.forEach((id, position) => {
      inputIds[position] = BigInt(id);
    });
    program.feed({ inputIds });
    await program.run();
    const { floats } = program.outputs.hidden;
    const first = pooling === 'last' ? ids.length - 1 : 0;
    const sums = new Float64Array(hiddenSize);
    for (let position = first; position < ids.length; position++)
      for (let i = 0; i < hiddenSize; i++) sums[i] += floats[position * hiddenSize + i];
    return Float32Array.from(sums, (sum) => sum / (ids.length - first));
  }
}
