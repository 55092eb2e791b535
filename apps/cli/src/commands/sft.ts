import type { Command } from 'commander';
import { stageCommand } from '../training/stage-command';

export const sftCommand = (): Command =>
  stageCommand({
    stage: 'sft',
    description: 'supervised fine-tuning alone: imitate the answers of a data set',
    datasetHelp: 'JSON or JSON Lines of instructions and answers, or builtin:tasks',
    datasetField: 'dataset',
    stepsField: 'maxSteps',
    examples: `
Examples:
  $ openchat sft --model builtin:smollm2-135m-instruct --dataset my-instructions.jsonl --max-steps 200
  $ openchat sft --model ./llama --dataset data.json --set 'sft.lora={r: 8, targetModules: [all-linear]}'
  $ openchat sft --model ./llama-7b --dataset alpaca.json --template alpaca --set sft.preset=llama-7b --dry-run

Any other field: --set sft.<field>=<value>. The model is left in <run>/models/sft.`,
  });
