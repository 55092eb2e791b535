import type { Mesh, Sharding } from '../sharding';
import type { Home, Tensor } from '../tensor';
import { Arena } from './arena';
import type { ParameterShapes, ParameterSpec } from './parameter-shapes';

export interface Parameter extends ParameterSpec {
  readonly tensor: Tensor;
  /** The weights, to read or to write. Read it again after each step: on a device the array is a copy. */
  readonly data: Float32Array;
  /** The weights, to read only: they stay where they are. */
  read(): Float32Array;
}

/** A trained parameter and the memory of all that an update reads and writes. */
export interface TrainableTensors {
  readonly name: string;
  readonly weights: Tensor;
  readonly gradients: Tensor;
  /** How the optimizer's moments lie on devices. */
  moments: Sharding | null;
}

/** What stays in our own memory, from where each program copies what it needs to the device. */
export interface Offload {
  weights: boolean;
  /** The moments of the optimizer. */
  moments: boolean;
}

/** How a parameter and what belongs to it lie on the devices of a mesh. */
export interface ParameterShardings {
  weights: Sharding;
  gradients: Sharding;
  moments: Sharding;
}

/** Trained parameters with the same treatment by the optimizer: matrices decay, vectors (norms, biases) do not. */
export interface TrainableGroup {
  readonly decay: boolean;
  readonly weights: Arena;
  readonly gradients: Arena;
  readonly names: readonly string[];
  readonly parameters: readonly TrainableTensors[];
}

/**
 * The weights of a model by name, with the gradients of the trained ones, in flat arenas.
 * Weight decay follows Hugging Face's Trainer: on tensors of rank ≥ 2 only.
 */
export class ParameterStore implements ParameterShapes {
  readonly groups: readonly TrainableGroup[];
  /** Where the optimizer's moments stay on a device. */
  momentsHome: Home = 'device';
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
    this.adopt(frozen, new Arena(shapesOf(frozen)));
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

  get mesh(): Mesh | null {
    return this.all[0]?.tensor.sharding?.mesh ?? null;
  }

  /** Whether the weights stay in our own memory. */
  get offloaded(): boolean {
    return this.all[0]?.tensor.home === 'host';
  }

  /** Divides all parameters over the devices of a mesh. */
  shard(shardingsOf: (parameter: ParameterSpec) => ParameterShardings): void {
    for (const parameter of this.all) parameter.tensor.shard(shardingsOf(parameter).weights);
    for (const group of this.groups) {
      for (const trained of group.parameters) {
        const { gradients, moments } = shardingsOf(this.get(trained.name));
        trained.gradients.shard(gradients);
        trained.moments = moments;
      }
    }
  }

  /** Says what stays off the devices. Call it before programs and the optimizer are made. */
  offload({ weights, moments }: Offload): void {
    for (const { tensor } of this.all) tensor.stayOn(weights ? 'host' : 'device');
    this.momentsHome = moments ? 'host' : 'device';
  }

  zeroGradients(): void {
    for (const group of this.groups) group.gradients.clear();
  }

  private allocateGroup(specs: readonly ParameterSpec[], decay: boolean): TrainableGroup {
    const weights = new Arena(shapesOf(specs));
    const gradients = new Arena(shapesOf(specs));
    this.adopt(specs, weights);
    const parameters = specs.map(({ name }, index) => {
      const tensor = gradients.tensors[index];
      this.gradientTensors.set(name, tensor);
      return { name, weights: weights.tensors[index], gradients: tensor, moments: null };
    });
    return { decay, weights, gradients, names: specs.map(({ name }) => name), parameters };
  }

  private adopt(specs: readonly ParameterSpec[], arena: Arena): void {
    specs.forEach((spec, index) => {
      if (this.parameters.has(spec.name)) throw new Error(`parameter "${spec.name}" exists twice`);
      const tensor = arena.tensors[index];
      this.parameters.set(spec.name, {
        ...spec,
        tensor,
        get data() {
          return tensor.floats;
        },
        read: () => tensor.read() as Float32Array,
      });
    });
  }
}

const shapesOf = (specs: readonly ParameterSpec[]) => specs.map(({ shape }) => shape);
