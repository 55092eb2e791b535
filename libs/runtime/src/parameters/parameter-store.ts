import { elementCount } from '@open-chatgpt/autodiff';
import { Tensor } from '../tensor';
import { Arena, layOut, type Region } from './arena';

export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Frozen parameters have no gradient and no moments. */
  readonly trainable: boolean;
}

export interface Parameter extends ParameterSpec {
  readonly tensor: Tensor;
  /** A view of the weights. */
  readonly data: Float32Array;
}

/** Trained parameters with the same treatment by the optimizer: matrices decay, vectors (norms, biases) do not. */
export interface TrainableGroup {
  readonly decay: boolean;
  readonly weights: Arena;
  readonly gradients: Arena;
  readonly names: readonly string[];
}

/**
 * The weights of a model by name, with the gradients of the trained ones, in flat arenas.
 * Weight decay follows Hugging Face's Trainer: on tensors of rank ≥ 2 only.
 */
export class ParameterStore {
  readonly groups: readonly TrainableGroup[];
  private readonly parameters = new Map<string, Parameter>();
  private readonly gradientTensors = new Map<string, Tensor>();

  /** @throws Error when a name occurs twice */
  constructor(specs: readonly ParameterSpec[]) {
    const trainable = specs.filter((spec) => spec.trainable);
    this.groups = [
      this.allocateGroup(
        trainable.filter(({ shape }) => shape.length >= 2),
        true,
      ),
      this.allocateGroup(
        trainable.filter(({ shape }) => shape.length < 2),
        false,
      ),
    ].filter((group) => group.names.length > 0);
    const frozen = specs.filter((spec) => !spec.trainable);
    const { regions, segments } = layOutSpecs(frozen);
    this.adopt(frozen, regions, new Arena(segments));
  }

  get names(): string[] {
    return [...this.parameters.keys()];
  }

  get all(): Parameter[] {
    return [...this.parameters.values()];
  }

  get trainable(): Parameter[] {
    return this.all.filter((parameter) => parameter.trainable);
  }

  has(name: string): boolean {
    return this.parameters.has(name);
  }

  get(name: string): Parameter {
    const parameter = this.parameters.get(name);
    if (!parameter) throw new Error(`there is no parameter "${name}"`);
    return parameter;
  }

  /** The tensor that receives the gradient of a trained parameter. */
  gradient(name: string): Tensor {
    const tensor = this.gradientTensors.get(name);
    if (!tensor) throw new Error(`parameter "${name}" is frozen or unknown: it has no gradient`);
    return tensor;
  }

  zeroGradients(): void {
    for (const group of this.groups) group.gradients.fill(0);
  }

  private allocateGroup(specs: readonly ParameterSpec[], decay: boolean): TrainableGroup {
    const { regions, segments } = layOutSpecs(specs);
    const weights = new Arena(segments);
    const gradients = new Arena(segments);
    this.adopt(specs, regions, weights);
    specs.forEach(({ name, shape }, index) => {
      this.gradientTensors.set(name, new Tensor('float32', shape, gradients.view(regions[index])));
    });
    return { decay, weights, gradients, names: specs.map(({ name }) => name) };
  }

  private adopt(specs: readonly ParameterSpec[], regions: readonly Region[], arena: Arena): void {
    specs.forEach((spec, index) => {
      if (this.parameters.has(spec.name)) throw new Error(`parameter "${spec.name}" exists twice`);
      const data = arena.view(regions[index]);
      this.parameters.set(spec.name, { ...spec, data, tensor: new Tensor('float32', spec.shape, data) });
    });
  }
}

function layOutSpecs(specs: readonly ParameterSpec[]) {
  return layOut(specs.map(({ shape }) => elementCount(shape)));
}
