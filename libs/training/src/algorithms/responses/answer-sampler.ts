import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import type { Sample } from '@open-chatgpt/runs';
import type { Message } from '@open-chatgpt/tokenizer';
import { firstDistinct, promptText, responseText } from '../../pipeline/answers';
import type { BaseModel } from '../../pipeline/base-model';
import { untilStop } from '../../trainer/stop';

/** A held-out prompt with a good answer to compare with. */
export interface HeldOutPrompt {
  ids: Int32Array;
  messages: readonly Message[];
  reference: string;
}

/** Answers the first distinct prompts greedily; undefined where there is none to answer. */
export function answerSampler(
  { tokenizer, template }: BaseModel,
  model: Model,
  heldOut: readonly HeldOutPrompt[],
  { evalSamples, maxLength }: { evalSamples: number; maxLength: number },
  signal: AbortSignal | undefined,
): (() => Promise<Sample[]>) | undefined {
  // An answer needs one position at least.
  const answerable = heldOut.filter(({ ids }) => ids.length < model.config.maxPositionEmbeddings);
  const textOf = ({ messages }: HeldOutPrompt) => promptText({ messages: [...messages] });
  const answered = firstDistinct(answerable, textOf, evalSamples);
  const prompts = answered.map(({ ids }) => Array.from(ids));
  if (prompts.length === 0) return undefined;
  const generator = createGenerator(model);
  return async () => {
    const answering = generator.generate({
      prompts,
      maxNewTokens: Math.min(128, maxLength),
      doSample: false,
      stopTokenIds: template.stopTokenIds,
      signal,
    });
    const answers = await untilStop(answering, signal);
    return Promise.all(
      answers.map(async ({ tokens }, i) => ({
        prompt: textOf(answered[i]),
        response: await responseText(tokenizer, template, tokens),
        reference: answered[i].reference,
      })),
    );
  };
}
