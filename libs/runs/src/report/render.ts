import { descriptorOf } from '@open-chatgpt/pipeline';
import { type RecordedEvent, type StageStarted, stagesOf } from '../events';
import { type Chart, chartsOf } from './charts';
import { type Html, html } from './html';
import { chartCards, renderPage } from './page';
import { pairsTable, samplesTable } from './samples-table';
import type { RunReport } from './schema';
import { tilesOf } from './tiles';
import { totalsTable } from './totals-table';

/** The heading of a stage. The same algorithm may come twice: a stage with another name is shown by that name. */
export function stageHeading({ stage, algorithm }: Pick<StageStarted, 'stage' | 'algorithm'>): string {
  const { title } = descriptorOf(algorithm);
  return stage === algorithm ? title : `${title}: ${stage}`;
}

function stageSection(
  start: StageStarted,
  index: number,
  charts: readonly Chart[],
  firstIndex: number,
): Html | null {
  if (charts.length === 0) return null;
  const { description } = descriptorOf(start.algorithm);
  return html`<section><h2>${index + 1} · ${stageHeading(start)}</h2><p class="quiet lead">${description}</p>${chartCards(charts, firstIndex)}</section>`;
}

function warningsCard(warnings: readonly string[]): Html | null {
  if (warnings.length === 0) return null;
  return html`<div class="card warnings"><strong>Warnings</strong><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`;
}

/**
 * The run as one HTML page that opens offline: curves, answers before and after, pairs, totals, configuration.
 * All text of datasets and models is escaped.
 * @param events what the run recorded, in order
 */
export function renderReport(report: RunReport, events: readonly RecordedEvent[]): string {
  const stages = stagesOf(events);
  const charts = stages.flatMap((stage) => chartsOf(stage, events));
  const sections = stages.map((start, index) =>
    stageSection(
      start,
      index,
      charts.filter(({ stage }) => stage === start.stage),
      charts.findIndex(({ stage }) => stage === start.stage),
    ),
  );
  const config =
    report.config === ''
      ? null
      : html`<details class="card"><summary>Configuration</summary><pre>${report.config}</pre></details>`;
  const started = report.startedAt === null ? '' : `, ${report.startedAt.slice(0, 16).replace('T', ' ')} UTC`;
  return renderPage({
    title: report.name,
    subtitle: `Training report${started}`,
    body: [
      tilesOf(report),
      warningsCard(report.warnings),
      ...sections,
      samplesTable(report),
      pairsTable(report),
      totalsTable(report),
      config,
    ],
    charts,
  });
}
