import { lutimesSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const TIME = new Date('2000-01-01T00:00:00Z');

/** Gives a file, or a folder and all in it, the same time whenever it is written: then a copy of it is the same layer. */
export function setTimes(path) {
  const within = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }) : [];
  for (const file of [...within.map((file) => join(path, file)), path]) lutimesSync(file, TIME, TIME);
}
