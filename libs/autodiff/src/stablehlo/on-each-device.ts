import { type HloBuilder, type Operand, typeOf } from './hlo-builder';
import { type ArraySharding, axesText } from './sharding';

export type HloArray = Pick<Operand, 'dtype' | 'shape'>;

/** An array, and how it is divided over the devices of the mesh. */
export interface Divided {
  whole: HloArray;
  /** The part of one device. */
  part: HloArray;
  sharding: ArraySharding;
}

/**
 * One operation that each device runs on its parts of the operands (Shardy's manual computation). The compiler divides no
 * operation that it does not know.
 * @param results those that are used; the operation has them first, and `unused` others after them
 * @param operation the operation as text, from the names of its operands
 */
export function onEachDevice(
  hlo: HloBuilder,
  operands: readonly (Divided & { id: string })[],
  results: readonly Divided[],
  unused: number,
  operation: (names: readonly string[]) => string,
): Operand[] {
  const shardings = (all: readonly Divided[]) =>
    all.map(({ sharding }) => `<@mesh, [${axesText(sharding)}]>`).join(', ');
  const types = (arrays: readonly HloArray[]) => arrays.map(typeOf).join(', ');
  // Names are local to the region.
  const names = operands.map((_, index) => `%part${index}`);
  const declared = operands.map(({ part }, index) => `${names[index]}: ${typeOf(part)}`).join(', ');
  const axes = Object.keys(hlo.mesh ?? {}).map((axis) => `"${axis}"`);
  const returned = results.map((_, index) => `%local#${index}`).join(', ');
  const text = [
    `sdy.manual_computation(${operands.map(({ id }) => id).join(', ')}) in_shardings=[${shardings(operands)}] ` +
      `out_shardings=[${shardings(results)}] manual_axes={${axes.join(', ')}} (${declared}) {`,
    `%local:${results.length + unused} = ${operation(names)}`,
    `sdy.return ${returned} : ${types(results.map(({ part }) => part))}`,
    `} : (${types(operands.map(({ whole }) => whole))}) -> (${types(results.map(({ whole }) => whole))})`,
  ];
  const whole = results.map((result) => result.whole);
  return hlo.several(whole, text.join('\n'));
}
