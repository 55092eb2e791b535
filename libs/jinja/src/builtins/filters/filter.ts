import type { Runtime } from '../../runtime';
import type { Arguments, Value } from '../../values/value';

/** A filter: its parameters after the value (null: any), and what it does. */
export type Filter = readonly [
  parameters: string | null,
  body: (value: Value, args: (Value | undefined)[], runtime: Runtime, all: Arguments) => Value,
];

export type Filters = Readonly<Record<string, Filter>>;
