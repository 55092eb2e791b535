import type { Budget } from './budget';
import type { Arguments, Value } from './values/value';

/** What functions, filters and tests use of the rendering that calls them. */
export interface Runtime {
  readonly budget: Budget;
  now(): Date;
  call(callee: Value, args: Arguments): Value;
  filter(name: string, value: Value, args: Arguments): Value;
  test(name: string, value: Value, args: Arguments): boolean;
  /** `value.name` */
  attribute(value: Value, name: string): Value;
  /** `value[key]` */
  item(value: Value, key: Value): Value;
}
