import type { Command } from 'commander';
import { stageCommand } from '../training/stage-command';

export const rewardCommand = (): Command =>
  stageCommand({
    stage: 'reward',
    description: 'reward model alone: learn which of two answers people prefer',
    datasetHelp: 'JSON or JSON Lines of preferred and rejected answers, or builtin:tasks',
    datasetField: 'dataset',
    stepsField: 'maxSteps',
    examples: `
Examples:
  $ openchat reward --model runs/sft --dataset my-preferences.jsonl
  $ openchat reward --model runs/sft --dataset pairs.json --learning-rate 1e-5 --set reward.numTrainEpochs=2

A run folder as --model means the model that SFT left in it. The reward model is left in <run>/models/reward.`,
  });
