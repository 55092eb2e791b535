import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { descriptorOf } from '@open-chatgpt/pipeline';
import { type RecordedEvent, type StageStarted, stagesOf } from '../events';
import { type Chart, chartsOf } from './charts';
import { embeddedJson, type Html, html, trusted } from './html';
import { pageScript } from './page-script';
import { pageStyle } from './page-style';
import { pairsTable, samplesTable } from './samples-table';
import type { RunReport } from './schema';
import { tilesOf } from './tiles';
import { totalsTable } from './totals-table';

function stageSection(
  { stage, algorithm }: StageStarted,
  index: number,
  charts: readonly Chart[],
  firstIndex: number,
): Html | null {
  if (charts.length === 0) return null;
  const cards = charts.map(
    ({ title, note }, i) => html`<div class="card chart"><h3>${title}</h3><p>${note}</p>
<div class="plot" id="chart-${firstIndex + i}" role="img" aria-label="${title}: curve over the steps"></div></div>`,
  );
  const { title, description } = descriptorOf(algorithm);
  // The same algorithm may come twice: a stage with another name is shown by that name.
  const heading = stage === algorithm ? title : `${title}: ${stage}`;
  return html`<section><h2>${index + 1} · ${heading}</h2><p class="quiet lead">${description}</p><div class="charts">${cards}</div></section>`;
}

function warningsCard(warnings: readonly string[]): Html | null {
  if (warnings.length === 0) return null;
  return html`<div class="card warnings"><strong>Warnings</strong><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`;
}

/** Makes a browser run only the scripts with these hashes. */
function contentPolicy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}; base-uri 'none'; form-action 'none'`;
}

/**
 * The run as one HTML page that opens offline: curves, answers before and after, configuration, totals.
 * All text of datasets and models is escaped.
 * @param events what the run recorded, in order
 */
export function renderReport(report: RunReport, events: readonly RecordedEvent[]): string {
  const plotScript = readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8');
  const plotStyle = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8');
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
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy([plotScript, pageScript])}">
<title>${report.name} · training report</title><style>${trusted(plotStyle)}${trusted(pageStyle)}</style></head>
<body><main><header><div><h1>${report.name}</h1><p class="quiet">Training report${started}</p></div>
<button id="theme" type="button" aria-label="Change the colours">Theme</button></header>
${tilesOf(report)}${warningsCard(report.warnings)}${sections}${samplesTable(report)}${pairsTable(report)}${totalsTable(report)}${config}
</main><script type="application/json" id="data">${embeddedJson(charts)}</script>
<script>${trusted(plotScript)}</script><script>${trusted(pageScript)}</script></body></html>
`;
  return page.html;
}
