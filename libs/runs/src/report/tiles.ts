import { stageDescriptors } from '@open-chatgpt/pipeline';
import { type Html, html } from './html';
import type { RunReport, StageReport } from './schema';

/** A number for people: four significant digits at most; a dash where nothing was measured. */
export function shown(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size !== 0 && size < 1e-3) return value.toExponential(1);
  return String(Number(value.toPrecision(size >= 1 ? 4 : 3)));
}

export function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

function tile(name: string, value: Html, note: string): Html {
  return html`<div class="card tile"><div class="name">${name}</div><div class="value">${value}</div><div class="note">${note}</div></div>`;
}

/** "before → after", the latter green or red. */
function change(
  before: number | null,
  after: number | null,
  show: (value: number | null) => string,
  up: boolean,
): Html {
  const verdict =
    before === null || after === null || before === after ? '' : after > before === up ? 'better' : 'worse';
  const start = before === null ? null : html`<small>${show(before)} → </small>`;
  return html`${start}<span class="${verdict}">${show(after)}</span>`;
}

/** A figure as its format asks. */
function shownFigure(value: number | null, format: 'number' | 'share'): string {
  return format === 'share' ? percent(value) : shown(value);
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
    stage.figures.flatMap(({ metric, title, format, better, before, after }) => {
      const note = tileOf(stage.algorithm, metric);
      if (note === undefined || after === null) return [];
      const value = change(before, after, (figure) => shownFigure(figure, format), better !== 'lower');
      return [tile(`${index + 1} · ${stageLabel(stage)}: ${title}`, value, note)];
    }),
  );
  tiles.push(tile('Time', html`${duration(seconds)}`, `${shown(peakRssMb)} MB of memory at most`));
  return html`<div class="tiles">${tiles}</div>`;
}

function tileOf(algorithm: string, metric: string): string | undefined {
  const descriptor = stageDescriptors.find(({ name }) => name === algorithm);
  return descriptor?.figures.find((figure) => figure.metric === metric)?.tile;
}
