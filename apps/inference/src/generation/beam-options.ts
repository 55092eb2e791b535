import { invalidRequest } from '../openai/openai-error';
import type { SamplingRequest } from '../openai/sampling-fields';

/** Fields that choose or restrict samples, which beam search does not draw, or their place in the batch, which it does not take. */
const FOR_SAMPLES = [
  'top_p',
  'top_k',
  'min_p',
  'frequency_penalty',
  'presence_penalty',
  'repetition_penalty',
  'logit_bias',
  'priority',
] as const;

/**
 * The options of a request with several beams: the most probable answer that they find.
 * @throws OpenAiError that names a field that beam search cannot follow
 */
export function beamOptions(request: SamplingRequest, topLogProbs: number) {
  const { num_beams: numBeams, temperature } = request;
  const conflict = topLogProbs > 0 ? 'logprobs' : FOR_SAMPLES.find((name) => request[name] !== undefined);
  if (conflict !== undefined)
    throw invalidRequest(
      `num_beams ${numBeams} cannot be combined with ${conflict}; leave one of them out`,
      conflict,
    );
  // Beams have no draw, so what makes a draw certain changes nothing.
  return { numBeams, temperature: temperature === 0 ? undefined : temperature };
}
