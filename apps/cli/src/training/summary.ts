import type { RunReport } from '@open-chatgpt/runs';
import { formatDuration, formatNumber, formatShare } from '../terminal/format';
import { formatTable } from '../terminal/table';

type Figure = number | null;

const number = (value: Figure) => (value === null ? '–' : formatNumber(value));
const share = (value: Figure) => (value === null ? '–' : formatShare(value));

/** Before and after of each stage, one line a figure. */
export function summarize(report: RunReport): string {
  const rows: string[][] = [['stage', 'measure', 'before', 'after']];
  const add = (stage: string, measure: string, before: string, after: string) => {
    if (before !== '–' || after !== '–') rows.push([stage, measure, before, after]);
  };
  const { sft, reward, ppo } = report;
  if (sft) {
    add('SFT', 'training loss', number(sft.lossFirst), number(sft.lossLast));
    add('SFT', 'held-out loss', number(sft.evalLossBefore), number(sft.evalLossAfter));
    add('SFT', 'held-out exact match', '–', share(sft.exactMatch));
  }
  if (reward) {
    add('Reward', 'training loss', number(reward.lossFirst), number(reward.lossLast));
    add(
      'Reward',
      `accuracy on ${reward.pairsEval ?? 0} held-out pairs`,
      share(reward.accuracyBefore),
      share(reward.accuracyAfter),
    );
  }
  if (ppo) {
    add('PPO', 'reward on held-out prompts', number(ppo.rewardFirst), number(ppo.rewardLast));
    add('PPO', 'standard deviation of it', number(ppo.rewardStdFirst), '–');
    add('PPO', 'held-out exact match', share(ppo.exactMatchFirst), share(ppo.exactMatchLast));
    add('PPO', 'KL to the SFT model, nats a response', '–', number(ppo.klLast));
  }
  const lines = [formatTable(rows)];
  if (ppo) {
    const dropped = Object.entries(ppo.dropped).map(([reason, count]) => `, ${count} left out (${reason})`);
    lines.push(`${ppo.generated} responses sampled, ${ppo.trained} trained on${dropped.join('')}`);
    const { rollout, score, learn } = ppo.timeShares;
    if (rollout !== null)
      lines.push(
        `time of an iteration: ${share(rollout)} sampling, ${share(score)} scoring, ${share(learn)} learning`,
      );
  }
  lines.push(
    `${formatDuration(report.seconds)} in all, at most ${formatNumber(Math.round(report.peakRssMb))} MB of memory`,
  );
  return lines.join('\n');
}

/** Answers before and after PPO, as many as asked for; those that PPO changed come first. */
export function showSamples(report: RunReport, count: number): string {
  const changed = ({ sft, ppo }: RunReport['samples'][number]) => Number(sft !== ppo);
  return [...report.samples]
    .sort((a, b) => changed(b) - changed(a))
    .slice(0, count)
    .map(({ prompt, sft, ppo, rewardSft, rewardPpo }) =>
      [
        `> ${prompt}`,
        `  before PPO: ${sft}  (reward ${number(rewardSft)})`,
        `  after PPO:  ${ppo}  (reward ${number(rewardPpo)})`,
      ].join('\n'),
    )
    .join('\n');
}
