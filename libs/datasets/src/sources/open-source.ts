import { openLocal } from './local';
import type { Source } from './source';

export async function openSource(spec: string): Promise<Source> {
  return openLocal(spec);
}
