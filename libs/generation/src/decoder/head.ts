import { type BoundRun, Tensor } from '@open-chatgpt/runtime';
import type { HeadKind } from '../graph/head-graph';
import type { Decoder } from './decoder';

/** What a head gives out; which of them is filled depends on its kind. */
interface HeadOutputs {
  probabilities?: Tensor;
  logits?: Tensor;
  token?: Tensor;
  logProb?: Tensor;
}

/** Turns the hidden states of a fixed number of rows into distributions, in memory of its own. */
export class Head {
  /** [B, D], written by the body. */
  readonly hidden: Tensor;
  /** [B, 1] */
  readonly inverseTemperature: Tensor;
  private readonly runs = new Map<HeadKind, { bound: BoundRun; outputs: HeadOutputs }>();

  /** @param vocabularyBuffers memory for [at least B, V], shared by heads that are never read at the same time */
  constructor(
    private readonly decoder: Decoder,
    readonly rows: number,
    private readonly vocabularyBuffers: Record<'probabilities' | 'logits', () => Float32Array>,
  ) {
    this.hidden = Tensor.zeros('float32', [rows, decoder.config.hiddenSize]);
    this.inverseTemperature = Tensor.zeros('float32', [rows, 1]);
  }

  async run(kind: HeadKind): Promise<HeadOutputs> {
    const { bound, outputs } = this.runs.get(kind) ?? this.bind(kind);
    await bound.run();
    return outputs;
  }

  private bind(kind: HeadKind): { bound: BoundRun; outputs: HeadOutputs } {
    const session = this.decoder.head(kind);
    const { hidden, inverseTemperature } = this;
    const outputs: Record<string, Tensor> = {};
    for (const [name, { dtype, shape }] of session.outputs) {
      const size = shape.map((dim) => (dim === 'B' ? this.rows : Number(dim)));
      outputs[name] =
        name === 'probabilities' || name === 'logits'
          ? new Tensor(dtype, size, this.vocabularyBuffers[name]().subarray(0, size[0] * size[1]))
          : Tensor.zeros(dtype, size);
    }
    const bound = session.bind({ hidden, inverseTemperature, ...this.decoder.parameters(session) }, outputs);
    const run = { bound, outputs };
    this.runs.set(kind, run);
    return run;
  }
}
