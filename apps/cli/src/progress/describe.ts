import { factName, type StageEvent } from '@open-chatgpt/runs';
import { formatNumber, formatShare } from '../terminal/format';

const names: Record<string, { text: string; share?: boolean }> = {
  evalLoss: { text: 'held-out loss' },
  exactMatch: { text: 'exact match', share: true },
  accuracy: { text: 'accuracy', share: true },
  rewardStd: { text: 'std' },
};

function describeMetrics(metrics: Record<string, number>): string {
  return Object.entries(metrics)
    .map(([name, value]) => {
      const { text, share } = names[name] ?? { text: name };
      return `${text} ${share ? formatShare(value) : formatNumber(value)}`;
    })
    .join(', ');
}

/** A stage with held-out rows evaluates before it begins, which takes minutes with a larger model. */
const evaluatesFirst = ({ step, info }: Extract<StageEvent, { type: 'started' }>): boolean =>
  step === 0 &&
  Object.entries(info).some(([name, count]) => name.startsWith('evaluation') && Number(count) > 0);

/**
 * What a person reads of an event; null where the bar says it all.
 * @param title of its stage
 */
export function describeEvent(event: StageEvent, title: string): string | null {
  switch (event.type) {
    case 'started': {
      const facts = Object.entries(event.info).map(([name, value]) => {
        const text = typeof value === 'number' ? value.toLocaleString('en-US') : value;
        return `${text} ${factName(name)}`;
      });
      const resumed = event.step > 0 ? [`resumes after step ${event.step}`] : [];
      const next = evaluatesFirst(event) ? '; evaluating before the first step …' : '';
      return `${title}: ${[...facts, ...resumed].join(', ')}${next}`;
    }
    case 'evaluated':
      return `${title} step ${event.step}: ${describeMetrics(event.metrics)}`;
    case 'warning':
      return `Warning: ${title}: ${event.message}`;
    default:
      return null;
  }
}
