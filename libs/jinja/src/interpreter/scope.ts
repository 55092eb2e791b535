import type { Value } from '../values/value';

/** The variables of a block, with those around it. */
export class Scope {
  private readonly variables = new Map<string, Value>();

  constructor(private readonly parent: Scope | null) {}

  get(name: string): Value | undefined {
    for (let scope: Scope | null = this; scope; scope = scope.parent) {
      const value = scope.variables.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  clear(): void {
    this.variables.clear();
  }

  set(name: string, value: Value): void {
    this.variables.set(name, value);
  }
}
