import type { Generator } from '../generator';
import type { Drafter } from './drafter';

/**
 * The greedy answer of a smaller model with the same vocabulary. It should keep prefixes (`prefixCacheBytes`): each draft begins
 * as the one before.
 * Source: Leviathan et al. 2023, https://arxiv.org/abs/2211.17192.
 */
export function draftModel(generator: Generator): Drafter {
  const { maxPositionEmbeddings } = generator.model.config;
  return {
    async propose(ids, most) {
      const room = Math.min(most, maxPositionEmbeddings - ids.length);
      if (room < 1) return [];
      const [{ tokens }] = await generator.generate({
        prompts: [ids],
        maxNewTokens: room,
        doSample: false,
        stopTokenIds: [],
      });
      return tokens;
    },
  };
}
