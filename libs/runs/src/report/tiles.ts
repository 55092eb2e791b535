import { type Html, html } from './html';
import type { RunReport } from './schema';

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
  return html`<small>${show(before)} → </small><span class="${verdict}">${show(after)}</span>`;
}

/** The handful of figures that say how the run went. */
export function tilesOf({ sft, reward, ppo, seconds, peakRssMb }: RunReport): Html {
  const tiles: Html[] = [];
  if (sft) {
    const value = change(sft.evalLossBefore, sft.evalLossAfter, shown, false);
    tiles.push(tile('1 · SFT: loss on held-out answers', value, 'lower is better'));
    if (sft.exactMatch !== null) {
      tiles.push(
        tile('1 · SFT: exactly right answers', html`${percent(sft.exactMatch)}`, 'on held-out prompts'),
      );
    }
  }
  if (reward) {
    const value = change(reward.accuracyBefore, reward.accuracyAfter, percent, true);
    const pairs =
      reward.pairsEval === null ? 'on held-out pairs' : `on ${shown(reward.pairsEval)} held-out pairs`;
    tiles.push(tile('2 · Reward model: agrees with people', value, pairs));
  }
  if (ppo) {
    const value = change(ppo.rewardFirst, ppo.rewardLast, shown, true);
    tiles.push(
      tile('3 · PPO: reward of held-out answers', value, `KL to the SFT model ${shown(ppo.klLast)} nats`),
    );
  }
  tiles.push(tile('Time', html`${duration(seconds)}`, `${shown(peakRssMb)} MB of memory at most`));
  return html`<div class="tiles">${tiles}</div>`;
}
