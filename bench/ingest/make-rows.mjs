import { once } from 'node:events';
import { createWriteStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '@open-chatgpt/random';

const LONGEST = 2000;

/**
 * Writes about `megabytes` MB of JSON Lines of `{instruction, input, response}`, made of paragraphs that people wrote: those in
 * the Markdown files of the installed packages. The same packages give the same rows.
 * @returns {Promise<{rows: number, bytes: number}>}
 */
export async function makeRows(path, megabytes, root) {
  const paragraphs = readParagraphs(join(root, 'node_modules'));
  const rng = createRng(1);
  const pick = (most) => paragraphs[rng.int(paragraphs.length)].slice(0, most).trim().toWellFormed();
  const file = createWriteStream(path);
  let rows = 0;
  let bytes = 0;
  while (bytes < megabytes * 1e6) {
    const lines = [];
    for (let line = 0; line < 1000; line++) {
      const response = Array.from({ length: 1 + rng.int(4) }, () => pick(LONGEST)).join('\n\n');
      lines.push(`${JSON.stringify({ instruction: pick(300), input: '', response })}\n`);
    }
    rows += lines.length;
    const chunk = Buffer.from(lines.join(''));
    bytes += chunk.length;
    if (!file.write(chunk)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return { rows, bytes };
}

function readParagraphs(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.md$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .flatMap((file) => readFileSync(file, 'utf8').split(/\r?\n\s*\n/))
    .map((text) => text.trim())
    .filter((text) => text.length > 40);
}
