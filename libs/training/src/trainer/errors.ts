/** The loss, a gradient or the KL is no longer a usable number; the weights are those before the failed step. */
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

/** The run was asked to stop; what it did so far is in the checkpoint. */
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

/** The run was asked to stop while a step waited for others: nothing has changed since the step before. */
export class StepAbandoned extends Error {
  constructor() {
    super('the run was asked to stop before the step was done');
    this.name = 'StepAbandoned';
  }
}
