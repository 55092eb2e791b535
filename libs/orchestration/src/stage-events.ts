import type { DataOf } from '@open-chatgpt/events';
import type { StageEvent } from '@open-chatgpt/runs';

/** The stage events that a worker made this event of a run from; none for an event that says nothing of the training. */
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
      const { stage, summary, ledger } = data as DataOf<'run.completed'>;
      const samples = ledger && { ...ledger, dropped: JSON.stringify(ledger.dropped) };
      return [{ type: 'finished', stage, summary: { ...summary, ...samples } }];
    }
    default:
      return [];
  }
}
