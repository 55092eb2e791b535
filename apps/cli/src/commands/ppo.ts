import type { Command } from 'commander';
import { stageCommand } from '../training/stage-command';

export const ppoCommand = (): Command =>
  stageCommand({
    stage: 'ppo',
    description: 'PPO alone: learn to give answers that a reward model likes',
    datasetHelp: 'JSON or JSON Lines with prompts, or builtin:tasks',
    datasetField: 'prompts',
    stepsField: 'iterations',
    examples: `
Examples:
  $ openchat ppo --model runs/sft --reward-model runs/reward --dataset prompts.jsonl --max-steps 50
  $ openchat ppo --model runs/sft --reward-model runs/reward --dataset prompts.jsonl --set ppo.klCoef=0.1

A run folder as --model means the model that SFT left in it. The policy is left in <run>/models/policy.`,
  });
