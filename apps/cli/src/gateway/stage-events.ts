import type { DataOf } from '@open-chatgpt/events';
import type { StageEvent } from '@open-chatgpt/runs';

/** Converts events of runs back to the stage events that libs/worker made them from. */
export function toStageEvents(type: string, data: unknown): StageEvent[] {
  switch (type) {
    case 'run.started': {
      const { stage, algorithm, totalSteps, step, info } = data as DataOf<'run.started'>;
      return [{ type: 'started', stage, algorithm, totalSteps, step, info }];
    }
    case 'run.progressed': {
      const {
        stage,
        phase,
        step,
        totalSteps,
        metrics,
        samples,
        tokens = 0,
        seconds = 0,
      } = data as DataOf<'run.progressed'>;
      if (samples) return [{ type: 'samples', stage, step, samples }];
      if (phase === 'evaluation') return [{ type: 'evaluated', stage, step, metrics }];
      return [{ type: 'step', stage, step, totalSteps, metrics, tokens, seconds }];
    }
    case 'run.completed': {
      const { stage, summary } = data as DataOf<'run.completed'>;
      return [{ type: 'finished', stage, summary }];
    }
    default:
      return [];
  }
}
