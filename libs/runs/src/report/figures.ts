import { descriptorOf, type Figure } from '@open-chatgpt/pipeline';
import type { RecordedEvent, StageEvaluated, StageStarted, StageStepped } from '../events';
import { shownFigure } from './numbers';
import type { FigureReport } from './schema';

/** The last steps whose mean is a figure: a twentieth of the stage, because single steps are noisy. */
const WINDOW_SHARE = 1 / 20;

type Measured = Pick<FigureReport, 'before' | 'after' | 'window'>;

const finite = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** The last value of each metric: a stage may report one evaluation in several events. */
const latest = (evaluations: readonly StageEvaluated[]): Record<string, number> =>
  Object.assign({}, ...evaluations.map(({ metrics }) => metrics));

/** The headline figures of a stage. @param events its own, in order */
export function figuresOf(
  { algorithm }: Pick<StageStarted, 'algorithm'>,
  events: readonly RecordedEvent[],
): FigureReport[] {
  const { figures } = descriptorOf(algorithm);
  const steps = events.filter((event): event is StageStepped & { time: string } => event.type === 'step');
  const evaluations = events.filter(
    (event): event is StageEvaluated & { time: string } => event.type === 'evaluated',
  );
  const before = latest(evaluations.filter(({ step }) => step === 0));
  const after = latest(evaluations.filter(({ step }) => step > 0));
  const measure = ({ metric, of }: Figure): Measured =>
    of === 'step'
      ? ofSteps(steps, metric)
      : { before: finite(before[metric]), after: finite(after[metric]), window: null };
  return figures.map((figure) => {
    const { metric, title, format } = figure;
    const measured = measure(figure);
    const worsened = figures.find(
      (other) => other.metric === figure.proxyOf && verdictOf(other, measure(other)) === 'worse',
    );
    const verdict = verdictOf(figure, measured);
    if (!worsened || verdict !== 'better')
      return { metric, title, format, ...measured, verdict, remark: null };
    return {
      metric,
      title,
      format,
      ...measured,
      verdict: null,
      remark: remarkOn(worsened, measure(worsened)),
    };
  });
}

/** The first step alone, and the mean of the last ones. Each event is the mean of the steps since the one before. */
function ofSteps(steps: readonly StageStepped[], metric: string): Measured {
  const last = steps.at(-1);
  if (!last) return { before: null, after: null, window: null };
  const least = Math.max(1, Math.ceil(last.step * WINDOW_SHARE));
  let [sum, window] = [0, 0];
  for (let i = steps.length - 1; i >= 0 && window < least; i--) {
    const covered = steps[i].step - (steps[i - 1]?.step ?? 0);
    sum += (steps[i].metrics[metric] ?? Number.NaN) * covered;
    window += covered;
  }
  return { before: finite(steps[0].metrics[metric]), after: finite(sum / window), window };
}

function verdictOf({ better }: Figure, { before, after }: Measured): FigureReport['verdict'] {
  if (better === null || before === null || after === null || before === after) return null;
  return after > before === (better === 'higher') ? 'better' : 'worse';
}

function remarkOn({ title, format }: Figure, { before, after }: Measured): string {
  const show = (value: number | null) => shownFigure(value, format);
  return `not called better: ${title} got worse, ${show(before)} → ${show(after)}`;
}

/** Which steps `before` and `after` are of; null where they were evaluated. */
export function windowNote({ window }: Pick<FigureReport, 'window'>): string | null {
  if (window === null) return null;
  return window === 1 ? 'first step → last' : `first step → mean of the last ${window}`;
}

/** The title of a figure, with the steps that it is of. */
export function figureTitle(figure: Pick<FigureReport, 'title' | 'window'>): string {
  const note = windowNote(figure);
  return note === null ? figure.title : `${figure.title} (${note})`;
}
