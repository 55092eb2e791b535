import { isBlocked, methodOf } from '../builtins/methods/methods';
import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { Dict } from '../values/dict';
import { elementAt } from '../values/sequence';
import { typeName } from '../values/types';
import { TemplateObject, Undefined, type Value } from '../values/value';

/** `object.name`: a method or attribute first, then an item of a dictionary. */
export function getAttribute(object: Value, name: string): Value {
  if (object instanceof Undefined) throw runtimeError(object.reason);
  const own = ownAttribute(object, name);
  if (own !== undefined) return own;
  return orMissing(object instanceof Dict ? object.get(name) : undefined, object, name);
}

/** `object[key]`: an item first, then a method or attribute. */
export function getItem(object: Value, key: Value, runtime: Runtime): Value {
  if (object instanceof Undefined) throw runtimeError(object.reason);
  let item: Value | undefined;
  if (object instanceof Dict) item = isHashable(key) ? object.get(key) : undefined;
  else if (typeof key === 'bigint' || typeof key === 'boolean')
    item = elementAt(object, Number(key), runtime);
  if (item !== undefined) return item;
  return orMissing(typeof key === 'string' ? ownAttribute(object, key) : undefined, object, key);
}

function ownAttribute(object: Value, name: string): Value | undefined {
  if (isBlocked(object, name))
    return new Undefined(`access to attribute '${name}' of '${typeName(object)}' object is unsafe.`);
  const method = methodOf(object, name);
  if (method !== undefined) return method;
  return object instanceof TemplateObject ? object.attribute(name) : undefined;
}

const isHashable = (key: Value) => !Array.isArray(key) && !(key instanceof Dict);

function orMissing(value: Value | undefined, object: Value, key: Value): Value {
  if (value !== undefined) return value;
  const owner = object === null ? "'None'" : `'${typeName(object)} object'`;
  if (typeof key === 'string') return new Undefined(`${owner} has no attribute '${key}'`);
  return new Undefined(`${owner} has no element ${String(key)}`);
}
