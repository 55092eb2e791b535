/** The processes whose devices form one mesh, and the place of this one among them. */
export interface ProcessGroup {
  readonly rank: number;
  readonly size: number;
  /** Address of the process of rank 0, which keeps the key-value store. */
  readonly host: string;
  readonly port: number;
  /** A secret of all processes of the group. */
  readonly token: string;
}

const DEFAULT_PORT = 8476;
const MOST_PROCESSES = 1024;
const LEAST_TOKEN_LENGTH = 16;

/**
 * The group that the variables name which the operator gives to the pods of a run: OPEN_CHATGPT_RANK, OPEN_CHATGPT_WORLD_SIZE and
 * OPEN_CHATGPT_COORDINATOR (`host[:port]`). It is not verified on GPUs, so it is off without OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN.
 *
 * @returns null for a process that forms no group
 * @throws Error naming the variable that is missing or wrong
 */
export function processGroup(env: NodeJS.ProcessEnv = process.env): ProcessGroup | null {
  const token = env.OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN;
  if (!token) return null;
  if (token.length < LEAST_TOKEN_LENGTH)
    throw new Error(
      `OPEN_CHATGPT_UNVERIFIED_RANKS_TOKEN is too short: it must be one random text of ${LEAST_TOKEN_LENGTH} characters or more, ` +
        'the same for all ranks',
    );
  const size = integer(env, 'OPEN_CHATGPT_WORLD_SIZE', 1, MOST_PROCESSES);
  if (size === 1) return null;
  const rank = integer(env, 'OPEN_CHATGPT_RANK', 0, size - 1);
  const coordinator = env.OPEN_CHATGPT_COORDINATOR ?? '';
  const [, host, port = String(DEFAULT_PORT)] = /^([\w.-]+)(?::(\d{1,5}))?$/.exec(coordinator) ?? [];
  if (host === undefined)
    throw new Error(
      `OPEN_CHATGPT_COORDINATOR is "${coordinator}", expected the host of rank 0, with or without a port, such as run-0.run:8476`,
    );
  return { rank, size, host, port: Number(port), token };
}

function integer(env: NodeJS.ProcessEnv, name: string, least: number, most: number): number {
  const text = env[name] ?? '';
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name} is "${text}", expected an integer from ${least} to ${most}`);
}
