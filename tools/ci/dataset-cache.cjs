const { rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/** Each spec, with the processes that it starts, has a dataset cache of its own, so that no earlier run decides what it tests. */
const folder = join(tmpdir(), `open-chatgpt-datasets-${process.pid}-${Date.now()}`);
process.env.OPEN_CHATGPT_DATASET_CACHE = folder;
afterAll(() => rmSync(folder, { recursive: true, force: true }));
