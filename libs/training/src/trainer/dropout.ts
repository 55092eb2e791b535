import type { TrainingProgram } from '@open-chatgpt/models';
import type { Rng } from '@open-chatgpt/random';

const PREFIX = 'dropout:';

/** Draws the LoRA dropout factors of one pass: 0 with the given probability, else 1 / (1 − probability). */
export function drawDropout(program: TrainingProgram, probability: number, rng: Rng): void {
  const kept = 1 / (1 - probability);
  for (const [name, tensor] of Object.entries(program.inputs)) {
    if (!name.startsWith(PREFIX)) continue;
    const stream = rng.fork(name);
    const factors = tensor.floats;
    for (let i = 0; i < factors.length; i++) factors[i] = stream.next() < probability ? 0 : kept;
  }
}
