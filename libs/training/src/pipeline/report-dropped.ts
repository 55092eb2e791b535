import type { StageName } from '@open-chatgpt/pipeline';
import type { StageContext } from './stage-context';

/** Says what rows of a data set were left out and why. */
export function reportDropped(
  { listen }: Pick<StageContext, 'listen'>,
  stage: StageName,
  dropped: Record<string, number | undefined>,
): void {
  const reasons = Object.entries(dropped).filter(([, count]) => count);
  if (reasons.length === 0) return;
  const total = reasons.reduce((sum, [, count]) => sum + (count ?? 0), 0);
  const list = reasons.map(([reason, count]) => `${reason} ${count}`).join(', ');
  listen({ type: 'warning', stage, message: `${total} examples were left out: ${list}` });
}
