import { stageDescriptors } from '@open-chatgpt/pipeline';
import { Command } from 'commander';
import { algorithmCommand } from './commands/algorithm';
import { chatCommand } from './commands/chat';
import { dataCommand } from './commands/data';
import { dlqCommand } from './commands/dlq';
import { generateCommand } from './commands/generate';
import { modelCommand } from './commands/model';
import { platformCommand } from './commands/platform';
import { quickstartCommand } from './commands/quickstart';
import { runCommand } from './commands/run';
import { serveCommand } from './commands/serve';
import { tokenCommand } from './commands/token';
import { upCommand } from './commands/up';

const about = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
DEBUG=openchat prints the stack of an error. OPEN_CHATGPT_CACHE is the folder for downloads.`;

/** The commands, unparsed. */
export function createProgram(): Command {
  const program = new Command('openchat')
    .description('From a pre-trained language model and human feedback to a chat model.')
    .addHelpText('after', about);
  const commands = [
    quickstartCommand(),
    runCommand(),
    ...stageDescriptors.map(algorithmCommand),
    generateCommand(),
    chatCommand(),
    serveCommand(),
    modelCommand(),
    dataCommand(),
    upCommand(),
    platformCommand(),
    tokenCommand(),
    dlqCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
