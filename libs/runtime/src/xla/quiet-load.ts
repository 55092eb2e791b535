import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLibrary } from '../native-library';

const STDERR = 2;

/** What the plugin for NVIDIA GPUs writes when it is loaded where no driver is: expected on a machine that only compiles. */
const EXPECTED = [/All log messages before absl::InitializeLog\(\) is called/, /Could not find cuda drivers/];

/**
 * Loads a plugin without the lines on stderr that are expected on a machine without a GPU. All other lines are written to stderr when
 * the plugin is loaded. No variable of the environment silences the plugin: it writes them before it reads one.
 */
export function loadQuietly<T>(load: () => T): T {
  if (process.platform !== 'linux') return load();
  const libc = loadLibrary('libc.so.6', 'the C library');
  const dup = libc.func('dup', 'int', ['int']);
  const dup2 = libc.func('dup2', 'int', ['int', 'int']);
  const folder = mkdtempSync(join(tmpdir(), 'openchat-stderr-'));
  const path = join(folder, 'stderr');
  const [file, stderr] = [openSync(path, 'w'), dup(STDERR) as number];
  dup2(file, STDERR);
  try {
    return load();
  } finally {
    dup2(stderr, STDERR);
    closeSync(stderr);
    closeSync(file);
    for (const line of readFileSync(path, 'utf8').split('\n'))
      if (line && !EXPECTED.some((pattern) => pattern.test(line))) writeSync(STDERR, `${line}\n`);
    rmSync(folder, { recursive: true });
  }
}
