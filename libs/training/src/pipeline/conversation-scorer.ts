import { isDropped, tokenizeSupervised } from '@open-chatgpt/datasets';
import { openModel } from '@open-chatgpt/models';
import {
  type ChatTemplate,
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type Message,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { Mutex } from 'async-mutex';
import { RewardScorer } from '../algorithms/reward/scorer';
import { openRewardModel } from './reward-model';

/** The score of a conversation, or the reason why it has none. */
type ConversationScore =
  | {
      /** The output of the model's scalar head, as transformers gives it. */
      score: number;
      /** The score as PPO uses it: brought to mean 0 and standard deviation 1 on reference responses. */
      normalized: number;
      tokens: number;
    }
  | { error: string };

export interface ConversationScorer {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  /** Tokens of the longest conversation. */
  readonly maxLength: number;
  /** Each conversation ends with the answer that is scored. Concurrent calls take turns. */
  score(conversations: readonly (readonly Message[])[]): Promise<ConversationScore[]>;
}

export interface ConversationScorerOptions {
  /** The chat template of the training. */
  template: ChatTemplateName;
  batchSize: number;
  /** Longest conversation in tokens; by default that of the model. */
  maxLength?: number;
  /** In elements of the weights. */
  onLoading?: (done: number, total: number) => void;
}

/**
 * Opens a reward model for whole conversations, with the tokens that its training saw.
 * @param folder of the model, as a run exported it
 * @throws Error when the folder has no reward model or no tokenizer
 */
export async function openConversationScorer(
  folder: string,
  {
    template: name,
    batchSize,
    maxLength: longest = Number.POSITIVE_INFINITY,
    onLoading,
  }: ConversationScorerOptions,
): Promise<ConversationScorer> {
  const { config, tokenizer: files, close } = await openModel(folder);
  await close();
  if (!files)
    throw new Error(`${folder} has no tokenizer.json; copy the model's tokenizer.json beside the weights`);
  const tokenizer = await loadTokenizer(files);
  const template = chatTemplate(name, tokenizer);
  const { model, normalization } = await openRewardModel(folder, null, onLoading);
  const maxLength = Math.min(config.maxPositionEmbeddings, longest);
  const scorer = new RewardScorer(model, { batchSize, maxLength, padTokenId: tokenizer.padTokenId });

  const mutex = new Mutex();

  const tokenize = async (messages: readonly Message[]): Promise<Int32Array | string> => {
    const made = await tokenizeSupervised({ messages: [...messages] }, tokenizer, template, {
      maxLength: maxLength + 1,
    });
    if (!isDropped(made) && made.inputIds.length <= maxLength) return made.inputIds;
    if (isDropped(made) && made.dropped !== 'noLabelLeft') return made.detail ?? made.dropped;
    return `the conversation is longer than the ${maxLength} tokens that the model reads`;
  };
  return {
    tokenizer,
    template,
    maxLength,
    async score(conversations) {
      const tokenized = await Promise.all(conversations.map(tokenize));
      const sequences = tokenized.filter((ids) => typeof ids !== 'string');
      const scores = await mutex.runExclusive(() => scorer.score(sequences));
      let next = 0;
      return tokenized.map((ids): ConversationScore => {
        if (typeof ids === 'string') return { error: ids };
        const score = scores[next++];
        return { score, normalized: (score - normalization.mean) / normalization.std, tokens: ids.length };
      });
    },
  };
}
