import { type AlgorithmName, type ChartPlan, descriptorOf } from '@open-chatgpt/pipeline';
import type { RecordedEvent } from '../events';

/** One curve diagram, ready to draw: `values[i]` belongs to `steps[i]`, null where a series has no point. */
export interface Chart {
  stage: string;
  title: string;
  note: string;
  steps: number[];
  series: {
    label: string;
    /** Number of its colour. */
    color: number;
    dashed: boolean;
    values: (number | null)[];
  }[];
}

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

function chartOf(stage: string, events: readonly RecordedEvent[], plan: ChartPlan): Chart | null {
  const curves = (['step', 'evaluated'] as const).flatMap((type) =>
    Object.entries(plan[type] ?? {}).map(([metric, label]) => ({
      label,
      points: thin(pointsOf(events, type, metric)),
    })),
  );
  const drawn = curves.filter(({ points }) => points.size > 0);
  if (drawn.length === 0) return null;
  const steps = [...new Set(drawn.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const series = drawn.map(({ label, points }, color) => ({
    label,
    color,
    dashed: false,
    values: steps.map((step) => points.get(step) ?? null),
  }));
  return { stage, title: plan.title, note: plan.note, steps, series };
}

/** The curves of one stage, of the metrics that it measured. */
export function chartsOf(
  { stage, algorithm }: { stage: string; algorithm: AlgorithmName },
  events: readonly RecordedEvent[],
): Chart[] {
  const own = events.filter((event) => event.stage === stage);
  return descriptorOf(algorithm).charts.flatMap((plan) => chartOf(stage, own, plan) ?? []);
}
