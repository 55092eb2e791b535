import { linear } from '@open-chatgpt/autodiff';
import type { Arrays } from '@open-chatgpt/runtime';
import { compileForward } from '../execution/compile-forward';
import type { SequenceOptions } from '../graph/training-context';
import type { Model } from '../model/model';

/** The logits of a whole batch, [N, V] flat. */
export async function forwardLogits(
  model: Model,
  arrays: Arrays,
  options: Omit<SequenceOptions, 'gradients' | 'dropout'>,
): Promise<Float32Array> {
  const program = compileForward(
    model,
    ({ context, hidden, outputEmbedding }) =>
      context.graph.output('logits', linear(hidden, outputEmbedding())),
    options,
  );
  program.feed(arrays);
  await program.run();
  return program.outputs.logits.floats;
}
