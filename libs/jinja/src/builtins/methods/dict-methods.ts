import { Dict, DictView } from '../../values/dict';
import type { Value } from '../../values/value';
import type { Methods } from './methods';

/** Methods of dictionaries that change nothing. */
export const DICT_METHODS: Methods<Dict> = {
  copy: ['/', (self, _, { budget }) => Dict.of(self.entries(budget))],
  get: [
    '/ key default?',
    (self, [key, otherwise = null]) =>
      self.get(key as Value) === undefined ? otherwise : (self.get(key as Value) as Value),
  ],
  items: ['/', (self) => new DictView('items', self)],
  keys: ['/', (self) => new DictView('keys', self)],
  values: ['/', (self) => new DictView('values', self)],
};
