import { join } from 'node:path';
import { makeEnvironment } from '../../tools/python/environment.cjs';

/** The Python with torch: OPEN_CHATGPT_PYTHON, or a virtual environment in the cache. Only benchmarks need it. */
export function pythonWithTorch(root) {
  return process.env.OPEN_CHATGPT_PYTHON ?? makeEnvironment(join(root, 'bench/peers/requirements.txt'));
}

/** The Python with Hugging Face's `datasets`: OPEN_CHATGPT_INGEST_PYTHON, or another virtual environment. */
export function pythonWithDatasets(root) {
  return (
    process.env.OPEN_CHATGPT_INGEST_PYTHON ??
    makeEnvironment(join(root, 'bench/peers/requirements-ingest.txt'))
  );
}
