import { runtimeError } from '../../errors';
import { equals } from '../../values/compare';
import { repr } from '../../values/text';
import type { Value } from '../../values/value';
import { optionalInteger } from '../arguments';
import type { Methods } from './methods';

/** Methods of lists and tuples that change nothing. */
export const LIST_METHODS: Methods<Value[]> = {
  copy: [
    '/',
    (self, _, { budget }) => {
      budget.makeList(self.length);
      return [...self];
    },
  ],
  count: [
    '/ value',
    (self, [value], runtime) => BigInt(self.filter((item) => equals(item, value as Value, runtime)).length),
  ],
  index: [
    '/ value start? stop?',
    (self, [value, start, stop], runtime) => {
      const from = bound(optionalInteger(start, 0), self.length);
      const to = bound(optionalInteger(stop, self.length), self.length);
      for (let i = from; i < to; i++) if (equals(self[i], value as Value, runtime)) return BigInt(i);
      throw runtimeError(`${repr(value as Value, runtime)} is not in list`);
    },
  ],
};

const bound = (index: number, size: number) => Math.min(Math.max(index < 0 ? index + size : index, 0), size);
