import { descriptorOf } from '@open-chatgpt/pipeline';
import {
  type RecordedEvent,
  type StageEvaluated,
  type StageStarted,
  type StageStepped,
  stagesOf,
} from '../events';
import { compareAnswers } from './compare-answers';
import { elapsedSeconds } from './elapsed';
import type { RunReport, StageReport } from './schema';

/** What the events do not contain. */
export interface ReportExtras {
  name: string;
  peakRssMb: number;
  config?: string;
  /** Wall-clock seconds, where that is more than the events span: loading comes before the first one. */
  seconds?: number;
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** The last value of each metric: a stage may report one evaluation in several events. */
const latest = (evaluations: readonly StageEvaluated[]): Record<string, number> =>
  Object.assign({}, ...evaluations.map(({ metrics }) => metrics));

/** The content of report.json, from what the run recorded. */
export function buildReport(events: readonly RecordedEvent[], extras: ReportExtras): RunReport {
  return {
    formatVersion: 2,
    name: extras.name,
    startedAt: events.at(0)?.time ?? null,
    stages: stagesOf(events).map((start) => reportStage(start, events)),
    comparison: compareAnswers(events),
    warnings: events.flatMap((event) =>
      event.type === 'warning' ? [`${event.stage}: ${event.message}`] : [],
    ),
    seconds: Math.max(elapsedSeconds(events), extras.seconds ?? 0),
    peakRssMb: extras.peakRssMb,
    config: extras.config ?? '',
  };
}

function reportStage({ stage, algorithm }: StageStarted, events: readonly RecordedEvent[]): StageReport {
  const { label, figures, timeShares } = descriptorOf(algorithm);
  const own = events.filter((event) => event.stage === stage);
  const steps = own.filter((event): event is StageStepped & { time: string } => event.type === 'step');
  const evaluations = own.filter(
    (event): event is StageEvaluated & { time: string } => event.type === 'evaluated',
  );
  const before = latest(evaluations.filter(({ step }) => step === 0));
  const after = latest(evaluations.filter(({ step }) => step > 0));
  const [first, last] = [steps.at(0)?.metrics ?? {}, steps.at(-1)?.metrics ?? {}];
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  return {
    name: stage,
    algorithm,
    label,
    figures: figures.map(({ metric, of, title, format, better }) => ({
      metric,
      title,
      format,
      better,
      before: finite(of === 'step' ? first[metric] : before[metric]),
      after: finite(of === 'step' ? last[metric] : after[metric]),
    })),
    steps: steps.at(-1)?.step ?? 0,
    tokens,
    tokensPerSecond: seconds > 0 ? tokens / seconds : null,
    ...sharesOf(steps, timeShares),
    ...ledgerOf(own),
  };
}

/** How the time of a step divides among what is done in it. */
function sharesOf(
  steps: readonly StageStepped[],
  metrics: Readonly<Record<string, string>> | undefined,
): Pick<StageReport, 'timeShares'> {
  if (!metrics) return {};
  const seconds = Object.entries(metrics).map(
    ([metric, label]) => [label, steps.reduce((sum, step) => sum + (step.metrics[metric] ?? 0), 0)] as const,
  );
  const all = seconds.reduce((sum, [, value]) => sum + value, 0);
  if (!(all > 0)) return {};
  return { timeShares: Object.fromEntries(seconds.map(([label, value]) => [label, value / all])) };
}

/** The samples that a stage generated, as its summary counts them; also where an earlier part of the run finished it. */
function ledgerOf(events: readonly RecordedEvent[]): Pick<StageReport, 'ledger'> {
  const finished = events.findLast((event) => event.type === 'finished');
  if (finished?.type !== 'finished' || finished.summary.generated === undefined) return {};
  const { generated, trained, dropped } = finished.summary;
  return {
    ledger: {
      generated: Number(generated),
      trained: Number(trained),
      dropped: JSON.parse(String(dropped)) as Record<string, number>,
    },
  };
}
