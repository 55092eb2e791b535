import { printable, printableLines } from '@open-chatgpt/untrusted';

/** Fields that every line has, or that are shown in another place. */
const SHOWN_APART = new Set(['level', 'time', 'service', 'msg', 'err', 'traceId']);

/** A line of the JSON log as a person reads it on a terminal: time, level, service, message, fields; below it the error. */
export function prettyLine(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const { level, time, service, msg = '', err } = line;
  const clock = String(time).slice(11, 19);
  const fields = Object.entries(line)
    .filter(([name]) => !SHOWN_APART.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const text = [clock, String(level).toUpperCase(), service, msg, ...fields].join(' ');
  const { stack, message } = (err ?? {}) as { stack?: unknown; message?: unknown };
  const error = err === undefined ? '' : `\n${printableLines(String(stack ?? message))}`;
  return `${printable(text, 1000)}${error}\n`;
}
