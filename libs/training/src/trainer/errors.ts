/** The loss, a gradient or the KL is not finite. The weights are those before the failed step. */
export class TrainingDiverged extends Error {
  constructor(
    readonly step: number,
    detail: string,
    remedy: string,
  ) {
    super(`training diverged at step ${step}: ${detail}. ${remedy}`);
    this.name = 'TrainingDiverged';
  }
}

/** The run was interrupted. The checkpoint contains its progress. */
export class TrainingInterrupted extends Error {
  constructor(
    readonly step: number,
    readonly checkpoint: string | null,
  ) {
    super(
      checkpoint
        ? `stopped after step ${step}; the checkpoint is ${checkpoint}`
        : `stopped after step ${step}, without a checkpoint of it`,
    );
    this.name = 'TrainingInterrupted';
  }
}

/** The run was interrupted before a step or an evaluation was complete. Nothing has changed since the previous one. */
export class StepAbandoned extends Error {
  constructor() {
    super('the run was interrupted before the step or evaluation was complete');
    this.name = 'StepAbandoned';
  }
}
