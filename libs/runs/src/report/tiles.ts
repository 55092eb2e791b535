import { stageDescriptors } from '@open-chatgpt/pipeline';
import { figureTitle } from './figures';
import { type Html, html } from './html';
import { duration, shown, shownFigure } from './numbers';
import type { FigureReport, RunReport, StageReport } from './schema';

function tile(name: string, value: Html, note: string): Html {
  return html`<div class="card tile"><div class="name">${name}</div><div class="value">${value}</div><div class="note">${note}</div></div>`;
}

/** "before → after", the latter green or red where the change has a verdict. */
export function shownChange({ before, after, format, verdict }: FigureReport): Html {
  const start = before === null ? null : html`<small>${shownFigure(before, format)} → </small>`;
  return html`${start}<span class="${verdict ?? ''}">${shownFigure(after, format)}</span>`;
}

/** The stage in tables: its label, and its name where that is another one than the algorithm's. */
export function stageLabel({
  name,
  algorithm,
  label,
}: Pick<StageReport, 'name' | 'algorithm' | 'label'>): string {
  return name === algorithm ? label : `${label} (${name})`;
}

/** The handful of figures that say how the run went. */
export function tilesOf({ stages, seconds, peakRssMb }: RunReport): Html {
  const tiles = stages.flatMap((stage, index) =>
    stage.figures.flatMap((figure) => {
      const note = tileOf(stage.algorithm, figure.metric);
      if (note === undefined || figure.after === null) return [];
      const name = `${index + 1} · ${stageLabel(stage)}: ${figureTitle(figure)}`;
      return [tile(name, shownChange(figure), [note, figure.remark].filter(Boolean).join('; '))];
    }),
  );
  const memory = peakRssMb === null ? 'so far' : `${shown(peakRssMb)} MB of memory at most`;
  tiles.push(tile('Time', html`${duration(seconds)}`, memory));
  return html`<div class="tiles">${tiles}</div>`;
}

function tileOf(algorithm: string, metric: string): string | undefined {
  const descriptor = stageDescriptors.find(({ name }) => name === algorithm);
  return descriptor?.figures.find((figure) => figure.metric === metric)?.tile;
}
