import { datasetsOf, descriptorOf, formatPipeline, type PipelineConfig } from '@open-chatgpt/pipeline';
import { type RecordedEvent, type StageStarted, type StageStepped, stagesOf } from '../events';
import { compareAnswers, comparePairs } from './compare-samples';
import { elapsedSeconds } from './elapsed';
import { figuresOf } from './figures';
import type { RunMachine, RunReport, StageReport } from './schema';

/** What the events do not contain. */
export interface ReportExtras {
  name: string;
  /** null where it is not known. */
  peakRssMb: number | null;
  machine: RunMachine | null;
  pipeline?: PipelineConfig;
  /** Wall-clock seconds, where that is more than the events span: loading comes before the first one. */
  seconds?: number;
}

/** The content of report.json, from what the run recorded. */
export function buildReport(events: readonly RecordedEvent[], extras: ReportExtras): RunReport {
  const { name, peakRssMb, machine, pipeline, seconds = 0 } = extras;
  return {
    formatVersion: 3,
    name,
    startedAt: events.at(0)?.time ?? null,
    machine,
    stages: stagesOf(events).map((start) => reportStage(start, events, pipeline)),
    comparison: compareAnswers(events),
    pairs: comparePairs(events),
    warnings: events.flatMap((event) =>
      event.type === 'warning' ? [`${event.stage}: ${event.message}`] : [],
    ),
    seconds: Math.max(elapsedSeconds(events), seconds),
    peakRssMb,
    config: pipeline ? formatPipeline(pipeline) : '',
  };
}

function reportStage(
  start: StageStarted,
  events: readonly RecordedEvent[],
  pipeline: PipelineConfig | undefined,
): StageReport {
  const { stage, algorithm, info } = start;
  const { label, timeShares } = descriptorOf(algorithm);
  const own = events.filter((event) => event.stage === stage);
  const steps = own.filter((event): event is StageStepped & { time: string } => event.type === 'step');
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const configured = pipeline?.stages.find(({ name }) => name === stage);
  return {
    name: stage,
    algorithm,
    label,
    datasets: configured ? [...new Set(datasetsOf(configured).map(({ source }) => source.path))] : [],
    facts: info,
    figures: figuresOf(start, own),
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
