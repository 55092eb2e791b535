import { Budget, type Limits, limitsFor } from './budget';
import { TemplateError } from './errors';
import { Scope } from './interpreter/scope';
import { Interpreter } from './interpreter/statements';
import { parse } from './parser/statements';
import { fromJs } from './values/from-js';

export interface RenderOptions {
  /** The clock of `strftime_now`, in local time. */
  now?: () => Date;
  limits?: Partial<Limits>;
}

export interface Template {
  /**
   * The text of the template with these variables, which are values of JSON; undefined ones are left out.
   * @throws TemplateError with the line
   */
  render(variables: Readonly<Record<string, unknown>>, options?: RenderOptions): string;
}

/**
 * Compiles a chat template, with the rules that transformers sets for Jinja2: trim_blocks, lstrip_blocks, an immutable
 * sandbox, loop controls, `tojson`, `raise_exception`, `strftime_now` and `{% generation %}`.
 * @throws TemplateError with the line
 */
export function compileTemplate(source: string): Template {
  const body = guarded(() => parse(source));
  return {
    render(variables, { now = () => new Date(), limits } = {}) {
      const top = new Scope(null);
      const extent = { characters: 0, values: 0 };
      for (const [name, value] of Object.entries(variables))
        if (value !== undefined) top.set(name, fromJs(value, extent));
      const budget = new Budget({ ...limitsFor(extent), ...limits });
      return guarded(() => new Interpreter(budget, now, top).render(body));
    },
  };
}

function guarded<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    // Only a template can fill the stack or make a string that is too long.
    if (error instanceof RangeError)
      throw new TemplateError('limit', `it nests too deeply or makes too large a value (${error.message})`);
    throw error;
  }
}
