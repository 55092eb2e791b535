import type { StageName } from '@open-chatgpt/pipeline';
import type { RecordedEvent } from '../events';

/** One curve diagram, ready to draw: `values[i]` belongs to `steps[i]`, null where a series has no point. */
export interface Chart {
  stage: StageName;
  title: string;
  note: string;
  steps: number[];
  series: { label: string; values: (number | null)[] }[];
}

interface Plan {
  title: string;
  note: string;
  /** Metrics of `step` and of `evaluated` events, with what they are called in the diagram. */
  step?: Record<string, string>;
  evaluated?: Record<string, string>;
}

const learningRate: Plan = {
  title: 'Learning rate',
  note: 'Size of the steps.',
  step: { learningRate: 'learning rate' },
};
const speed: Plan = { title: 'Speed', note: 'Tokens per second.', step: { tokensPerSecond: 'tokens/s' } };

const plans: Record<StageName, Plan[]> = {
  sft: [
    {
      title: 'Loss',
      note: 'How surprised the model is by the right answers, in nats per token. Lower is better.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Exact answers',
      note: 'Share of held-out answers that are exactly right.',
      evaluated: { exactMatch: 'held-out' },
    },
    learningRate,
    speed,
  ],
  reward: [
    {
      title: 'Loss',
      note: 'How surprised the model is by which answer people preferred. Lower is better; 0.69 is guessing.',
      step: { loss: 'training' },
      evaluated: { evalLoss: 'held-out' },
    },
    {
      title: 'Accuracy',
      note: 'Share of pairs in which the preferred answer scores higher. 0.5 is guessing.',
      step: { accuracy: 'training' },
      evaluated: { accuracy: 'held-out' },
    },
    learningRate,
    speed,
  ],
  ppo: [
    {
      title: 'Reward',
      note: 'Mean score that the reward model gives to the answers. Higher is better.',
      step: { reward: 'training prompts' },
      evaluated: { reward: 'held-out prompts' },
    },
    {
      title: 'KL to the reference',
      note: 'How far the model has moved away from the SFT model, in nats per answer. It should stay bounded.',
      step: { kl: 'training prompts' },
      evaluated: { kl: 'held-out prompts' },
    },
    {
      title: 'Value loss',
      note: 'How wrong the critic is about the rewards to come.',
      step: { valueLoss: 'value loss' },
    },
    {
      title: 'Entropy',
      note: 'How varied the answers are, in nats per token.',
      step: { entropy: 'entropy' },
    },
    {
      title: 'Clipped',
      note: 'Share of the tokens for which the policy step was clipped.',
      step: { clipFraction: 'clipped' },
    },
    learningRate,
    speed,
  ],
};

type Points = Map<number, number>;

function pointsOf(events: readonly RecordedEvent[], type: 'step' | 'evaluated', metric: string): Points {
  const points: Points = new Map();
  for (const event of events) {
    if (event.type !== type) continue;
    const derived =
      event.type === 'step' && metric === 'tokensPerSecond' ? event.tokens / event.seconds : undefined;
    const value = event.metrics[metric] ?? derived;
    if (value !== undefined && Number.isFinite(value)) points.set(event.step, value);
  }
  return points;
}

/** At most `most` points: neighbours are replaced by their mean, at the step of the last of them. */
export function thin(points: Points, most = 1000): Points {
  if (points.size <= most) return points;
  const entries = [...points];
  const width = Math.ceil(entries.length / most);
  const thinned: Points = new Map();
  for (let i = 0; i < entries.length; i += width) {
    const group = entries.slice(i, i + width);
    thinned.set(group[group.length - 1][0], group.reduce((sum, [, value]) => sum + value, 0) / group.length);
  }
  return thinned;
}

function chartOf(stage: StageName, events: readonly RecordedEvent[], plan: Plan): Chart | null {
  const curves = (['step', 'evaluated'] as const).flatMap((type) =>
    Object.entries(plan[type] ?? {}).map(([metric, label]) => ({
      label,
      points: thin(pointsOf(events, type, metric)),
    })),
  );
  const drawn = curves.filter(({ points }) => points.size > 0);
  if (drawn.length === 0) return null;
  const steps = [...new Set(drawn.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const series = drawn.map(({ label, points }) => ({
    label,
    values: steps.map((step) => points.get(step) ?? null),
  }));
  return { stage, title: plan.title, note: plan.note, steps, series };
}

/** The curves of one stage, of whatever it measured. */
export function chartsOf(stage: StageName, events: readonly RecordedEvent[]): Chart[] {
  const own = events.filter((event) => event.stage === stage);
  return plans[stage].flatMap((plan) => chartOf(stage, own, plan) ?? []);
}
