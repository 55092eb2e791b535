import { type Command, CommanderError } from 'commander';
import { exitCodes, UsageError } from './exit-codes';
import { createProgram } from './program';
import { printAside, printPart } from './terminal/print';
import { wrapHelp } from './terminal/wrap-help';

/** Runs the program; errors become one message on stderr and an exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  throwInsteadOfExiting(program);
  endWhenNobodyReads();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = explain(error);
  }
}

function explain(error: unknown): number {
  // Commander has printed its message or the help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  printAside(`openchat: ${process.env.DEBUG === 'openchat' ? stack : message}`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

function throwInsteadOfExiting(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: printHelp, outputError: (text) => printAside(text.trimEnd()) })
    .showHelpAfterError('(--help lists commands and options)');
  for (const child of command.commands) throwInsteadOfExiting(child);
}

/** In a terminal, lines end between words. */
function printHelp(text: string): void {
  const { columns } = process.stdout;
  printPart(columns === undefined ? text : wrapHelp(text, columns));
}

/** `openchat … | head` closes the pipe: that is no error, and there is no reader left. */
function endWhenNobodyReads(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
}
