import type { StageName } from '@open-chatgpt/pipeline';
import type { RecordedEvent, StageEvaluated, StageStepped } from '../events';
import type { LedgerReport } from '../ledger';
import type { ComparedSample, RunReport } from './schema';

/** What the events do not tell. */
export interface ReportExtras {
  name: string;
  /** Wall-clock seconds of the whole run, all its parts together where it was resumed. */
  seconds: number;
  peakRssMb: number;
  config?: string;
  ledger?: LedgerReport;
  samples?: ComparedSample[];
}

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** The last value of each metric: a stage may report one evaluation in several events. */
const latest = (evaluations: readonly StageEvaluated[]): Record<string, number> =>
  Object.assign({}, ...evaluations.map(({ metrics }) => metrics));

/** The steps and evaluations of one stage, and the figures that every stage has. */
function summarize(events: readonly RecordedEvent[], stage: StageName) {
  const own = events.filter((event) => event.stage === stage);
  const steps = own.filter((event): event is StageStepped & { time: string } => event.type === 'step');
  const evaluations = own.filter(
    (event): event is StageEvaluated & { time: string } => event.type === 'evaluated',
  );
  const tokens = steps.reduce((sum, step) => sum + step.tokens, 0);
  const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
  const before = latest(evaluations.filter(({ step }) => step === 0));
  const after = latest(evaluations.filter(({ step }) => step > 0));
  return {
    absent: own.length === 0,
    stepEvents: steps,
    first: steps.at(0)?.metrics ?? {},
    last: steps.at(-1)?.metrics ?? {},
    before,
    after,
    steps: steps.at(-1)?.step ?? 0,
    tokens,
    tokensPerSecond: seconds > 0 ? tokens / seconds : null,
  };
}

function sftFigures(events: readonly RecordedEvent[]): RunReport['sft'] {
  const { absent, first, last, before, after, steps, tokens, tokensPerSecond } = summarize(events, 'sft');
  if (absent) return null;
  return {
    lossFirst: finite(first.loss),
    lossLast: finite(last.loss),
    evalLossBefore: finite(before.evalLoss),
    evalLossAfter: finite(after.evalLoss),
    exactMatch: finite(after.exactMatch),
    steps,
    tokens,
    tokensPerSecond,
  };
}

function rewardFigures(events: readonly RecordedEvent[]): RunReport['reward'] {
  const { absent, first, last, before, after, steps, tokens, tokensPerSecond } = summarize(events, 'reward');
  if (absent) return null;
  return {
    lossFirst: finite(first.loss),
    lossLast: finite(last.loss),
    accuracyBefore: finite(before.accuracy),
    accuracyAfter: finite(after.accuracy),
    pairsEval: finite(after.pairs ?? before.pairs),
    steps,
    tokens,
    tokensPerSecond,
  };
}

/** How the time of PPO's iterations divides among what is done in them. */
function timeShares(steps: readonly StageStepped[]) {
  const total = (metric: string) => steps.reduce((sum, { metrics }) => sum + (metrics[metric] ?? 0), 0);
  const [rollout, score, learn] = ['rolloutSeconds', 'scoreSeconds', 'learnSeconds'].map(total);
  const all = rollout + score + learn;
  return { rollout: finite(rollout / all), score: finite(score / all), learn: finite(learn / all) };
}

function ppoFigures(events: readonly RecordedEvent[], ledger: LedgerReport | undefined): RunReport['ppo'] {
  const { absent, stepEvents, last, before, after, steps, tokens, tokensPerSecond } = summarize(
    events,
    'ppo',
  );
  if (absent) return null;
  return {
    rewardFirst: finite(before.reward),
    rewardLast: finite(after.reward),
    rewardStdFirst: finite(before.rewardStd),
    klLast: finite(last.kl ?? after.kl),
    exactMatchFirst: finite(before.exactMatch),
    exactMatchLast: finite(after.exactMatch),
    iterations: steps,
    generated: ledger?.generated ?? 0,
    trained: ledger?.trained ?? 0,
    dropped: ledger?.dropped ?? {},
    timeShares: timeShares(stepEvents),
    tokens,
    tokensPerSecond,
  };
}

/** The content of report.json, from what the run recorded; a stage that did not run is null. */
export function buildReport(events: readonly RecordedEvent[], extras: ReportExtras): RunReport {
  return {
    formatVersion: 1,
    name: extras.name,
    startedAt: events.at(0)?.time ?? null,
    sft: sftFigures(events),
    reward: rewardFigures(events),
    ppo: ppoFigures(events, extras.ledger),
    samples: extras.samples ?? [],
    warnings: events.flatMap((event) =>
      event.type === 'warning' ? [`${event.stage}: ${event.message}`] : [],
    ),
    seconds: extras.seconds,
    peakRssMb: extras.peakRssMb,
    config: extras.config ?? '',
  };
}
