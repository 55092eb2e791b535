import { parseArgs } from 'node:util';

/** What a trainer was started to do. */
export type TrainerCommand = { name: 'serve' } | { name: 'help' } | { name: 'run'; file: string };

/** @throws Error that names the wrong argument */
export function parseTrainerArguments(args: readonly string[]): TrainerCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { request: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) return { name: 'help' };
  const [command, ...others] = positionals;
  if (others.length > 0 || (command !== undefined && command !== 'run'))
    throw new Error(`unknown argument "${others[0] ?? command}"; see --help`);
  if (command === undefined) {
    if (values.request !== undefined) throw new Error('--request belongs to the command run; see --help');
    return { name: 'serve' };
  }
  if (!values.request) throw new Error('run: name the file of the request with --request FILE; see --help');
  return { name: 'run', file: values.request };
}

/** @param service its name, such as sft-trainer */
export const trainerHelp = (service: string): string => `Usage:
  ${service}                      executes the runs that the bus requests, until SIGTERM
  ${service} run --request FILE   executes the run of FILE and exits

FILE is JSON: {"time": time of the request (ISO 8601), "data": data of the event run.requested}.
The variables OPEN_CHATGPT_* configure both (libs/service/README.md). "run" has also:
  OPEN_CHATGPT_PATIENCE_SECONDS   how long it waits for a store or bus that does not respond; default 600
  OPEN_CHATGPT_STOP_SECONDS       how long it takes at most to end after SIGTERM; default 25
  OPEN_CHATGPT_TERMINATION_LOG    file for its outcome as JSON; default /dev/termination-log where that exists

Exit codes of "run":
    0  the run is completed, now or earlier
   65  the run has failed, or its request is wrong: another attempt would fail too
   71  this machine is at fault (disk or memory full, native library or device missing): try another one
   75  the store or the bus did not respond in time: try again later
   79  another worker has claimed the run
  130, 143  stopped by SIGINT or SIGTERM, with a checkpoint where there was something to save
`;
