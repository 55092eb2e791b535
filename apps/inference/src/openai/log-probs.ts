import type { ReadPrompt } from '../generation/read-prompts';
import type { TokenTexts } from '../generation/token-texts';

/** JSON has no −∞; OpenAI's servers send −9999. */
export function finiteLogProb(logProb: number): number {
  return Number.isFinite(logProb) ? logProb : -9999;
}

/** UTF-8 of a token's text; null for a token that is a part of a character. */
export function utf8Bytes(text: string): number[] | null {
  return text.includes('\uFFFD') ? null : [...Buffer.from(text)];
}

/** vLLM's `prompt_logprobs`: of each token of the prompt, the log-probability and those of the `most` most probable ones, by token id. */
export async function describePrompt(
  { logProbs }: ReadPrompt,
  most: number | undefined,
  tokenTexts: TokenTexts,
): Promise<(object | null)[] | undefined> {
  if (most === undefined) return undefined;
  const entry = async ({ token, logProb }: { token: number; logProb: number }, rank: number | null) =>
    [token, { logprob: finiteLogProb(logProb), rank, decoded_token: await tokenTexts.of(token) }] as const;
  const described = (logProbs ?? []).map(async (event) => {
    const top = event.top.slice(0, most);
    const place = event.top.findIndex(({ token }) => token === event.token);
    return Object.fromEntries(
      await Promise.all([
        ...top.map((one, i) => entry(one, i + 1)),
        // Only the most probable tokens have a known rank.
        entry(event, place === -1 ? null : place + 1),
      ]),
    );
  });
  return [null, ...(await Promise.all(described))];
}
