import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Chart } from './charts';
import { embeddedJson, type Html, html, trusted } from './html';
import { pageScript } from './page-script';
import { pageStyle } from './page-style';

export interface PageContent {
  title: string;
  /** Under the title. */
  subtitle: string;
  body: readonly (Html | null)[];
  /** Drawn into the cards that `chartCards` made for them. */
  charts: readonly Chart[];
}

const plotScript = () => readFileSync(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8');

/** The Content-Security-Policy of every page: a browser runs only its own scripts, by their hashes. */
export function reportPolicy(): string {
  const hashes = [plotScript(), pageScript].map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return `default-src 'none'; style-src 'unsafe-inline'; script-src ${hashes.join(' ')}; base-uri 'none'; form-action 'none'`;
}

/** One HTML page that opens offline and names nothing outside itself. */
export function renderPage({ title, subtitle, body, charts }: PageContent): string {
  const plotStyle = readFileSync(require.resolve('uplot/dist/uPlot.min.css'), 'utf8');
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${reportPolicy()}">
<title>${title} · training report</title><style>${trusted(plotStyle)}${trusted(pageStyle)}</style></head>
<body><main><header><div><h1>${title}</h1><p class="quiet">${subtitle}</p></div>
<button id="theme" type="button" aria-label="Change the colours">Theme</button></header>
${body}
</main><script type="application/json" id="data">${embeddedJson(charts)}</script>
<script>${trusted(plotScript())}</script><script>${trusted(pageScript)}</script></body></html>
`;
  return page.html;
}

/** The cards of a stage's charts. @param first place of the first one among all charts of the page */
export function chartCards(charts: readonly Chart[], first: number): Html {
  const cards = charts.map(
    ({ title, note }, i) => html`<div class="card chart"><h3>${title}</h3><p>${note}</p>
<div class="plot" id="chart-${first + i}" role="img" aria-label="${title}: curve over the steps"></div></div>`,
  );
  return html`<div class="charts">${cards}</div>`;
}

/** A table of text; the cells of the first column name the rows. */
export function plainTable(head: readonly string[], rows: readonly (string | Html | null)[][]): Html {
  const titles = html`<thead><tr>${head.map((name) => html`<th>${name}</th>`)}</tr></thead>`;
  const cells = rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`);
  return html`<div class="card scroll"><table class="samples">${titles}<tbody>${cells}</tbody></table></div>`;
}
