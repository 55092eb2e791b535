import { type BoundRun, Tensor } from '@open-chatgpt/runtime';
import type { HeadKind } from '../graph/head-graph';
import type { Decoder } from './decoder';

/** The outputs of a head. Its kind determines which of them are present. */
interface HeadOutputs {
  probabilities?: Tensor;
  token?: Tensor;
  logProb?: Tensor;
}

/** Buffers of at least [B, V]. Heads share them, because only one head is in use at a time. */
export interface VocabularyBuffers {
  logits: Float32Array;
  probabilities: Float32Array;
}

/** Converts the logits of a fixed number of rows into distributions. */
export class Head {
  /** [B, V], written by the body. */
  readonly logits: Tensor;
  /** [B, 1] */
  readonly inverseTemperature: Tensor;
  private readonly probabilities: Tensor;
  private readonly runs = new Map<HeadKind, { bound: BoundRun; outputs: HeadOutputs }>();

  constructor(
    private readonly decoder: Decoder,
    private readonly rows: number,
    buffers: VocabularyBuffers,
  ) {
    const shape = [rows, decoder.config.vocabSize];
    const part = (buffer: Float32Array) => buffer.subarray(0, shape[0] * shape[1]);
    this.logits = new Tensor('float32', shape, part(buffers.logits));
    this.probabilities = new Tensor('float32', shape, part(buffers.probabilities));
    this.inverseTemperature = Tensor.zeros('float32', [rows, 1]);
  }

  async run(kind: HeadKind): Promise<HeadOutputs> {
    const { bound, outputs } = this.runs.get(kind) ?? this.bind(kind);
    await bound.run();
    return outputs;
  }

  private bind(kind: HeadKind): { bound: BoundRun; outputs: HeadOutputs } {
    const { logits, inverseTemperature, probabilities, rows } = this;
    const outputs: Record<string, Tensor> =
      kind === 'probabilities'
        ? { probabilities }
        : { token: Tensor.zeros('int32', [rows]), logProb: Tensor.zeros('float32', [rows, 1]) };
    const run = {
      bound: this.decoder.head(kind).bind({ logits, inverseTemperature }, outputs),
      outputs,
    };
    this.runs.set(kind, run);
    return run;
  }
}
