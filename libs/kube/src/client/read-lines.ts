import type { IncomingMessage } from 'node:http';
import { errorFromNetwork } from './kube-error';

/** Characters after which a line is cut: a log may have no line break at all. */
const LONGEST_LINE = 1024 * 1024;

/** The lines of a response, without their ends. The last one may be incomplete. */
export async function* readLines(response: IncomingMessage, call: string): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of response) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      yield* lines;
      if (rest.length < LONGEST_LINE) continue;
      yield rest;
      rest = '';
    }
    if (rest !== '') yield rest;
  } catch (error) {
    throw errorFromNetwork(error, call);
  } finally {
    response.destroy();
  }
}
