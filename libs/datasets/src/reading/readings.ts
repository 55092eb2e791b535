import { isConversation } from '../adapters/read-messages';
import type { Row } from './row';

/** A column of rows whose kind is not known. */
interface Column {
  name: string;
  holds: 'texts' | 'turns' | 'other';
  /** Mean characters of its texts. */
  length: number;
}

/** What names of columns suggest, in any language that people write them in English for. */
const NAMES = {
  prompt: /quest|prompt|instr|query|user|human|input|problem|source|^q$/i,
  output: /answ|compl|respon|output|repl|target|assistant|bot|solution|summar|^a$/i,
  chosen: /chosen|prefer|good|better|best|accept|positive|win/i,
  rejected: /reject|bad|worse|worst|negative|los/i,
} as const;

const SHOWN_COLUMNS = 20;
const MOST_READINGS = 3;

/** The names of the columns of the first rows, with what they hold. Untrusted text: for messages, shortened. */
export function shownColumns(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const shown = columns.slice(0, SHOWN_COLUMNS).map(({ name, holds }) => {
    const plain = name.replace(/\p{Cc}/gu, ' ');
    const short = plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
    return holds === 'texts' ? short : `${short} (${holds === 'turns' ? 'a list of turns' : 'no texts'})`;
  });
  return `${shown.join(', ')}${columns.length > SHOWN_COLUMNS ? ', …' : ''}`;
}

/**
 * The two or three likeliest readings of rows that no adapter recognizes, each with the mapping of columns that chooses it. They are
 * proposals, for a person to correct.
 */
export function likelyReadings(rows: readonly Row[]): string[] {
  const columns = columnsOf(rows);
  const texts = columns.filter(({ holds, length }) => holds === 'texts' && length > 0);
  const turns = columns.find(({ holds }) => holds === 'turns');
  const named = (field: keyof typeof NAMES, not: readonly string[] = []) =>
    texts.find(({ name }) => NAMES[field].test(name) && !not.includes(name))?.name;
  const readings: string[] = [];
  if (turns) readings.push(`conversations (${mapping({ messages: turns.name })})`);

  const [chosen, rejected] = [named('chosen'), named('rejected')];
  const longest = [...texts].sort((a, b) => b.length - a.length).map(({ name }) => name);
  if (chosen !== undefined && rejected !== undefined) {
    const rest = [chosen, rejected];
    const prompt = named('prompt', rest) ?? longest.find((name) => !rest.includes(name));
    readings.push(`pairs of a better and a worse answer (${mapping({ prompt, chosen, rejected })})`);
  }
  if (texts.length > 1) {
    const two = longest.slice(0, 2);
    const [first, second] = texts.map(({ name }) => name).filter((name) => two.includes(name));
    const output = named('output') ?? (named('prompt') === second ? first : second);
    const prompt = named('prompt', [output]) ?? (output === first ? second : first);
    readings.push(`questions with answers (${mapping({ prompt, output })})`);
  }
  if (Object.keys(rows[0] ?? {}).join() === '0,1,2' && texts.length === 3)
    readings.push('questions, answers and rationales (--adapter flan-cot)');
  if (texts.length > 0) {
    const prompt = named('prompt') ?? longest[0];
    readings.push(`prompts without answers (${mapping({ prompt })})`);
  }
  return readings.slice(0, MOST_READINGS);
}

function columnsOf(rows: readonly Row[]): Column[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return names.map((name) => {
    const values = rows.map((row) => row[name]).filter((value) => value !== undefined && value !== null);
    const texts = values.filter((value) => typeof value === 'string');
    const length = texts.reduce((sum, text) => sum + text.length, 0) / Math.max(texts.length, 1);
    if (values.some(isConversation)) return { name, holds: 'turns', length: 0 };
    return { name, holds: texts.length > values.length / 2 ? 'texts' : 'other', length };
  });
}

/** A mapping as a flag, and as a setting of a pipeline file. */
function mapping(fields: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(fields).map(([field, column = 'COLUMN']) => [field, column] as const);
  const flag = pairs.map(([field, column]) => `${field}=${column}`).join(',');
  const setting = pairs.map(([field, column]) => `${field}: ${yaml(column)}`).join(', ');
  return `--columns ${quoted(flag)}, or in a pipeline file dataset: {columns: {${setting}}}`;
}

const quoted = (text: string) =>
  /^[\w=,.-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
const yaml = (text: string) => (/^[A-Za-z_]\w*$/.test(text) ? text : JSON.stringify(text));
