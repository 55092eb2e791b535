import { allocate, type BoundRun, type Sharding, Tensor } from '@open-chatgpt/runtime';
import type { HeadKind } from '../graph/head-graph';
import type { HeadSessions } from './head-sessions';

/** The outputs of a head. Its kind determines which of them are present. */
interface HeadOutputs {
  probabilities?: Tensor;
  token?: Tensor;
  logProb?: Tensor;
}

/** Buffers of at least [B, V]. */
interface VocabularyBuffers {
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
    private readonly sessions: HeadSessions,
    private readonly rows: number,
    buffers: VocabularyBuffers,
    sharding: Sharding | null,
  ) {
    const shape = [rows, sessions.vocabSize];
    const part = (buffer: Float32Array) => buffer.subarray(0, shape[0] * shape[1]);
    this.logits = new Tensor('float32', shape, part(buffers.logits));
    this.logits.shard(sharding);
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
      bound: this.sessions.get(kind).bind({ logits, inverseTemperature }, outputs),
      outputs,
    };
    this.runs.set(kind, run);
    return run;
  }
}

/** The heads for up to `capacity` rows. They share their buffers, because only one is in use at a time. */
export class Heads {
  private readonly heads = new Map<number, Head>();
  private readonly buffers: VocabularyBuffers;

  /** @param sharding how the logits lie on the devices of the body */
  constructor(
    private readonly sessions: HeadSessions,
    readonly capacity: number,
    private readonly sharding: Sharding | null = null,
  ) {
    const buffer = () => allocate('float32', capacity * sessions.vocabSize) as Float32Array;
    this.buffers = { logits: buffer(), probabilities: buffer() };
  }

  of(rows: number): Head {
    const head = this.heads.get(rows) ?? new Head(this.sessions, rows, this.buffers, this.sharding);
    this.heads.set(rows, head);
    return head;
  }
}
