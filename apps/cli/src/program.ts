import { stageDescriptors } from '@open-chatgpt/pipeline';
import { programVersion } from '@open-chatgpt/runs';
import { Command } from 'commander';
import { algorithmCommand } from './commands/algorithm';
import { chatCommand } from './commands/chat';
import { cancelCommand, resumeCommand } from './commands/control';
import { dataCommand } from './commands/data';
import { deleteCommand } from './commands/delete';
import { deviceCommand } from './commands/device';
import { dlqCommand } from './commands/dlq';
import { gcCommand } from './commands/gc';
import { generateCommand } from './commands/generate';
import { getCommand } from './commands/get';
import { logsCommand } from './commands/logs';
import { modelCommand } from './commands/model';
import { planCommand } from './commands/plan';
import { quickstartCommand } from './commands/quickstart';
import { reportCommand } from './commands/report';
import { runCommand } from './commands/run';
import { scoreCommand } from './commands/score';
import { serveCommand } from './commands/serve';
import { tokenCommand } from './commands/token';
import { upCommand } from './commands/up';
import { watchCommand } from './commands/watch';

const about = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
DEBUG=openchat prints the stack of an error. OPEN_CHATGPT_CACHE is the folder for downloads and tokenized datasets.`;

/** The commands, in the groups of `--help`. */
export function createProgram(): Command {
  const program = new Command('openchat')
    .description('From a pre-trained language model and human feedback to a chat model.')
    .version(programVersion(), '-V, --version', 'print the version of this program')
    .addHelpText('after', about);
  const groups = {
    'Train:': [quickstartCommand(), runCommand(), ...stageDescriptors.map(algorithmCommand), reportCommand()],
    'Use models:': [generateCommand(), chatCommand(), serveCommand(), scoreCommand(), modelCommand()],
    'Prepare data:': [dataCommand()],
    'Prepare a machine:': [deviceCommand()],
    'Operate a platform:': [
      upCommand(),
      planCommand(),
      getCommand(),
      watchCommand(),
      logsCommand(),
      cancelCommand(),
      resumeCommand(),
      deleteCommand(),
      gcCommand(),
      dlqCommand(),
      tokenCommand(),
    ],
  };
  for (const [group, commands] of Object.entries(groups))
    for (const command of commands) program.addCommand(command.helpGroup(group));
  return program;
}
