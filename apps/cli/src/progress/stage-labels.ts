import { type AlgorithmName, descriptorOf } from '@open-chatgpt/pipeline';
import { type StageEvent, stageLabel } from '@open-chatgpt/runs';

/** What people call a stage, such as "SFT": only the event that starts a stage says which algorithm it uses. */
export class StageLabels {
  private readonly labels = new Map<string, string>();

  of(event: StageEvent): string {
    if (event.type === 'started') this.labels.set(event.stage, labelOf(event.stage, event.algorithm));
    return this.labels.get(event.stage) ?? event.stage;
  }
}

export function labelOf(stage: string, algorithm: AlgorithmName): string {
  return stageLabel({ name: stage, algorithm, label: descriptorOf(algorithm).label });
}
