import { runtimeError } from '../errors';
import { TemplateObject, type Value } from './value';

/** The object of `namespace()`: the only one whose attributes a template may set. */
export class Namespace extends TemplateObject {
  readonly typeName = 'Namespace';
  private readonly attributes = new Map<string, Value>();

  override attribute(name: string): Value | undefined {
    return this.attributes.get(name);
  }

  set(name: string, value: Value): void {
    if (name.startsWith('_'))
      throw runtimeError(`a namespace may not have an attribute that starts with "_", as "${name}" does`);
    this.attributes.set(name, value);
  }

  entries(): Iterable<[string, Value]> {
    return this.attributes;
  }
}
