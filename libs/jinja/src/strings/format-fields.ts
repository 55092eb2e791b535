import { runtimeError } from '../errors';
import type { Runtime } from '../runtime';
import { repr, toText } from '../values/text';
import type { Arguments, Value } from '../values/value';
import { countPieces } from './count-pieces';
import { formatValue } from './format-spec';

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::((?:[^{}]|\{[^{}]*\})*))?\}|[{}]/g;
const NAME = /^([^.[]*)((?:\.[^.[]+|\[[^\]]+\])*)$/;

/** `text.format(...)` of Python: `{}`, `{0}`, `{name.attribute[key]!r:>5}`. */
export function formatFields(text: string, args: Arguments, runtime: Runtime): string {
  const counted = countPieces(text, runtime);
  let automatic = 0;
  const resolve = (name: string): Value => {
    const match = NAME.exec(name);
    if (!match) throw runtimeError(`the format field "{${name}}" is invalid`);
    const first = match[1] === '' ? String(automatic++) : match[1];
    let value = /^\d+$/.test(first) ? args.positional[Number(first)] : args.named.get(first);
    if (value === undefined) throw runtimeError(`format() has no argument "${first}"`);
    for (const [part] of match[2].matchAll(/\.[^.[]+|\[[^\]]+\]/gy)) {
      if (part.startsWith('.')) value = runtime.attribute(value, part.slice(1));
      else {
        const key = part.slice(1, -1);
        value = runtime.item(value, /^\d+$/.test(key) ? BigInt(key) : key);
      }
    }
    return value;
  };
  const field = (all: string, name?: string, conversion?: string, spec = ''): string => {
    if (all === '{{' || all === '}}') return all[0];
    if (name === undefined) throw runtimeError(`a single "${all}" in a format string; write "${all}${all}"`);
    const value = resolve(name);
    const shown =
      conversion === undefined ? value : conversion === 's' ? toText(value, runtime) : repr(value, runtime);
    return formatValue(
      shown,
      spec.replace(/\{([^{}]*)\}/g, (_: string, inner: string) => toText(resolve(inner), runtime)),
      runtime,
    );
  };
  const result = text.replace(FIELD, counted(field));
  runtime.budget.make(result.length);
  return result;
}
