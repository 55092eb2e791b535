import { type PipelineConfig, settingsByField } from '@open-chatgpt/pipeline';
import { type RecordedEvent, stagesOf } from '../events';
import { type Chart, chartsOf } from './charts';
import { windowNote } from './figures';
import { type Html, html } from './html';
import { chartCards, plainTable, renderPage } from './page';
import { stageHeading } from './render';
import { answerCell, textOf } from './samples-table';
import type { RunReport } from './schema';
import { shownChange, stageLabel } from './tiles';
import { machineRows } from './totals-table';

/** A run to lay over others. */
export interface OverlaidRun {
  /** Tells it from the others, such as the name of its folder. */
  label: string;
  report: RunReport;
  events: readonly RecordedEvent[];
  pipeline: PipelineConfig | null;
}

/** More curves would have colours that are too similar. */
export const MOST_OVERLAID = 6;

/**
 * Several runs as one HTML page that opens offline: their curves over each other, their figures, answers, and the settings that differ.
 * A colour is a run; a dashed curve is the second one of its chart, such as the held-out loss.
 */
export function renderOverlay(runs: readonly OverlaidRun[]): string {
  const charts = overlaidCharts(runs);
  const stages = distinct(
    runs.flatMap(({ events }) => stagesOf(events)),
    ({ stage }) => stage,
  );
  const sections = stages.map((start) => {
    const own = charts.filter(({ stage }) => stage === start.stage);
    if (own.length === 0) return null;
    return html`<section><h2>${stageHeading(start)}</h2>${chartCards(own, charts.indexOf(own[0]))}</section>`;
  });
  return renderPage({
    title: runs.map(({ label }) => label).join(' and '),
    subtitle: 'Runs over each other',
    body: [
      titled('Figures', figuresTable(runs)),
      titled('Settings that differ', settingsTable(runs)),
      ...sections,
      titled('Answers', answersTable(runs)),
      titled('Where they ran', machinesTable(runs)),
    ],
    charts,
  });
}

const titled = (title: string, table: Html | null): Html | null =>
  table && html`<h2>${title}</h2><div style="margin-top: 14px">${table}</div>`;

/** The first item of each key. */
function distinct<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const found = new Map<string, T>();
  for (const item of items) if (!found.has(keyOf(item))) found.set(keyOf(item), item);
  return [...found.values()];
}

/** Charts of the same stage and title become one. */
function overlaidCharts(runs: readonly OverlaidRun[]): Chart[] {
  const drawn = runs.flatMap(({ label, events }, color) =>
    stagesOf(events)
      .flatMap((start) => chartsOf(start, events))
      .map((chart) => ({ chart, label, color })),
  );
  const keyOf = ({ stage, title }: Chart) => `${stage} ${title}`;
  return distinct(
    drawn.map(({ chart }) => chart),
    keyOf,
  ).map((first) => {
    const same = drawn.filter(({ chart }) => keyOf(chart) === keyOf(first));
    const steps = [...new Set(same.flatMap(({ chart }) => chart.steps))].sort((a, b) => a - b);
    const series = same.flatMap(({ chart, label, color }) => {
      const place = new Map(chart.steps.map((step, i) => [step, i]));
      return chart.series.map((one, i) => ({
        label: `${label}: ${one.label}`,
        color,
        dashed: i > 0,
        values: steps.map((step) => one.values[place.get(step) ?? -1] ?? null),
      }));
    });
    return { ...first, steps, series };
  });
}

function figuresTable(runs: readonly OverlaidRun[]): Html | null {
  const figures = runs.map(({ report }) =>
    report.stages.flatMap((stage) =>
      stage.figures
        .filter(({ before, after }) => before !== null || after !== null)
        .map((figure) => ({ name: `${stageLabel(stage)}: ${figure.title}`, figure })),
    ),
  );
  const names = [...new Set(figures.flat().map(({ name }) => name))];
  const cellsOf = (wanted: string) =>
    figures.map((own) => {
      const found = own.find(({ name }) => name === wanted);
      if (!found) return '–';
      const note = windowNote(found.figure);
      return html`${shownChange(found.figure)}${note && html` <small class="quiet">(${note})</small>`}`;
    });
  return tableOfRuns(
    runs,
    names.map((name) => [name, ...cellsOf(name)]),
  );
}

function settingsTable(runs: readonly OverlaidRun[]): Html | null {
  const settings = runs.map(({ pipeline }) =>
    pipeline ? settingsByField(pipeline) : new Map<string, string>(),
  );
  const fields = [...new Set(settings.flatMap((own) => [...own.keys()]))];
  // The row "stages" says which stages only some runs have; all of their settings would hide the others.
  const alone = new Set(
    runs
      .flatMap(({ pipeline }) => pipeline?.stages ?? [])
      .flatMap(({ name }) => (settings.every((own) => own.has(`${name}.uses`)) ? [] : [name])),
  );
  const differing = fields.filter(
    (field) => !alone.has(field.split('.')[0]) && new Set(settings.map((own) => own.get(field))).size > 1,
  );
  return tableOfRuns(
    runs,
    differing.map((field) => [field, ...settings.map((own) => own.get(field) ?? '–')]),
  );
}

/** What each run answers at its end to the prompts that all of them were asked. */
function answersTable(runs: readonly OverlaidRun[]): Html | null {
  const rows = runs.map(({ report }) => report.comparison?.rows ?? []);
  const shared = rows[0].flatMap((row) => {
    const same = rows.map((own) => own.find(({ prompt }) => prompt === row.prompt));
    return same.every((one) => one !== undefined) ? [same] : [];
  });
  if (shared.length === 0) return null;
  return plainTable(
    ['Prompt', 'Reference answer', ...runs.map(({ label }) => label)],
    shared.map(([first, ...others]) => [
      textOf(first.prompt),
      first.reference === null ? null : textOf(first.reference),
      ...[first, ...others].map(({ after, rewardAfter, rightAfter }) =>
        answerCell(after, rewardAfter, rightAfter, false),
      ),
    ]),
  );
}

function machinesTable(runs: readonly OverlaidRun[]): Html | null {
  const rows = runs.map(({ report }) => new Map(machineRows(report)));
  const names = [...new Set(rows.flatMap((own) => [...own.keys()]))];
  return tableOfRuns(
    runs,
    names.map((name) => [name, ...rows.map((own) => own.get(name) ?? '–')]),
  );
}

function tableOfRuns(runs: readonly OverlaidRun[], rows: (string | Html)[][]): Html | null {
  return rows.length === 0 ? null : plainTable(['', ...runs.map(({ label }) => label)], rows);
}
