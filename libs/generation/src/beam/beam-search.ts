import type { Adapter } from '@open-chatgpt/models';
import { nanError } from '../batching/nan-error';
import type { Workspace } from '../decoder/decoder';
import { assignRows } from './assign-rows';
import { type Continuation, expand } from './expand';
import { type EarlyStopping, Hypotheses, type Hypothesis } from './hypotheses';

export interface BeamSearchRequest {
  prompt: readonly number[];
  numBeams: number;
  lengthPenalty: number;
  earlyStopping: EarlyStopping;
  temperature: number;
  minNewTokens: number;
  maxNewTokens: number;
  stopTokenIds: ReadonlySet<number>;
  adapter?: Adapter | null;
  signal?: AbortSignal;
}

interface Beam {
  tokens: number[];
  logProbs: number[];
  sum: number;
}

/**
 * The most probable answer of a beam search (Sutskever et al. 2014; details as in Hugging Face's beam search). Beams are
 * rows 0 … n − 1 of the workspace. A beam with several continuations is copied.
 */
export async function beamSearch(workspace: Workspace, request: BeamSearchRequest): Promise<Hypothesis> {
  const { prompt, numBeams, maxNewTokens, stopTokenIds, adapter = null } = request;
  const hypotheses = new Hypotheses(request);
  workspace.reserve(numBeams, prompt.length + maxNewTokens);
  workspace.useAdapters(new Set(adapter ? [adapter] : []));
  await workspace.prefill(0, [prompt], 0, [adapter]);
  let beams: Beam[] = [{ tokens: [], logProbs: [], sum: 0 }];

  for (let length = 1; ; length++) {
    request.signal?.throwIfAborted();
    const probabilities = await distributions(workspace, beams, request);
    // One more for each stop token, so that enough candidates remain when all stop tokens rank among the best.
    const ranked = expand(
      beams.map((beam) => beam.sum),
      probabilities,
      numBeams * (1 + stopTokenIds.size),
    );
    const isStop = ({ token }: Continuation) => stopTokenIds.has(token);
    for (const stopped of ranked.slice(0, numBeams).filter(isStop)) {
      hypotheses.add({ ...extend(beams[stopped.parent], stopped), finishReason: 'stop' });
    }
    const going = ranked.filter((continuation) => !isStop(continuation)).slice(0, numBeams);
    const done = hypotheses.isDone(ranked[0].sum, length);
    const over = length >= maxNewTokens || going.length === 0;
    if (over && !done) {
      for (const last of going) {
        hypotheses.add({ ...extend(beams[last.parent], last), finishReason: 'length' });
      }
    }
    if (over || done) return hypotheses.best;
    const { order, copies } = assignRows(going.map(({ parent }) => parent));
    const cached = prompt.length + length - 1;
    for (const [from, to] of copies) workspace.copyRow(from, to, cached);
    beams = order.map((child) => extend(beams[going[child].parent], going[child]));
    await workspace.decode(
      beams.map(({ tokens }) => tokens[length - 1]),
      beams.map(() => cached),
      beams.map(() => adapter),
    );
  }
}

/** [beams, V]; stop tokens have probability 0 before `minNewTokens`. */
async function distributions(
  workspace: Workspace,
  beams: readonly Beam[],
  { temperature, minNewTokens, stopTokenIds }: BeamSearchRequest,
): Promise<Float32Array> {
  const head = workspace.head(beams.length);
  head.inverseTemperature.floats.fill(1 / temperature);
  const outputs = await head.run('probabilities');
  const vocabSize = head.logits.shape[1];
  const probabilities = outputs.probabilities!.floats.subarray(0, beams.length * vocabSize);
  const length = beams[0].tokens.length;
  beams.forEach((_, row) => {
    if (Number.isNaN(probabilities[row * vocabSize])) throw nanError(`beam ${row}`, length);
    if (length >= minNewTokens) return;
    for (const token of stopTokenIds) probabilities[row * vocabSize + token] = 0;
  });
  return probabilities;
}

function extend({ tokens, logProbs }: Beam, { token, logProb, sum }: Continuation): Beam {
  return { tokens: [...tokens, token], logProbs: [...logProbs, logProb], sum };
}
