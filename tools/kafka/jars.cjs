const { spawn } = require('node:child_process');
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');

const POM = join(__dirname, 'pom.xml');

/** `$OPEN_CHATGPT_CACHE/kafka`, by default `~/.cache/open-chatgpt/kafka`. */
function cacheFolder() {
  return join(process.env.OPEN_CHATGPT_CACHE || join(homedir(), '.cache', 'open-chatgpt'), 'kafka');
}

/** The folder with the broker's jars; there is one for each content of pom.xml. Maven fills it the first time. */
async function fetchJars() {
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `jars-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder(), { recursive: true });
  const partial = mkdtempSync(join(cacheFolder(), 'partial-'));
  try {
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
    await run('mvn', ['-B', '-q', '-f', POM, ...copy]);
    renameSync(partial, folder);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another process was faster: a folder that is not empty cannot be replaced.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Runs a program to its end. @returns its output; throws with it when the program fails */
async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const code = await new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}.`)));
    child.on('close', resolve);
  });
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with code ${code}:\n${output.slice(-4000)}`);
  return output;
}

module.exports = { fetchJars, run };
