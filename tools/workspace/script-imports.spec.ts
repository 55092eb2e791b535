import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { trackedFiles } from './projects.cjs';
