import { Command } from 'commander';
import { quickstartCommand } from './commands/quickstart';
import { runCommand } from './commands/run';

const about = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
DEBUG=openchat prints the stack of an error. OPEN_CHATGPT_CACHE is the folder for downloads.`;

/** The commands, unparsed. */
export function createProgram(): Command {
  const program = new Command('openchat')
    .description('From a pre-trained language model and human feedback to a chat model.')
    .addHelpText('after', about);
  for (const command of [quickstartCommand(), runCommand()]) program.addCommand(command);
  return program;
}
