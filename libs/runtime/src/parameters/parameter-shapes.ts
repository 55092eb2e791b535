import type { Mesh } from '../sharding';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Frozen parameters have no gradient and no moments. */
  readonly trainable: boolean;
}

/** Parameters by name, without their elements: enough to build a graph. A `ParameterStore` has elements too. */
export interface ParameterShapes {
  readonly names: readonly string[];
  /** The mesh on which the parameters lie; null on one device. */
  readonly mesh: Mesh | null;
  has(name: string): boolean;
  get(name: string): ParameterSpec;
}

export class ParameterOutline implements ParameterShapes {
  private readonly specs: ReadonlyMap<string, ParameterSpec>;

  constructor(
    specs: readonly ParameterSpec[],
    readonly mesh: Mesh | null,
  ) {
    this.specs = new Map(specs.map((spec) => [spec.name, spec]));
  }

  get names(): string[] {
    return [...this.specs.keys()];
  }

  has(name: string): boolean {
    return this.specs.has(name);
  }

  get(name: string): ParameterSpec {
    const spec = this.specs.get(name);
    if (!spec) throw new Error(`there is no parameter "${name}"`);
    return spec;
  }
}
