import { type DType, encodeModule, Graph } from '@open-chatgpt/autodiff';
import { meshShape, type Sharding } from '../sharding';
import type { XlaClient } from './client';
import type { Address } from './pjrt-api';

/**
 * Copies an array that is divided over the devices of several processes to each of them, whole. All processes must call it at
 * the same point: the devices exchange their parts.
 * @param buffers the parts on the devices of this process
 * @returns the whole array on each of them
 */
export function gather(
  client: XlaClient,
  buffers: readonly Address[],
  { dtype, shape, sharding }: { dtype: DType; shape: readonly number[]; sharding: Sharding },
): readonly Address[] {
  const graph = new Graph();
  graph.output('whole', graph.input('parts', dtype, [...shape]));
  const shardings = new Map([['parts', sharding.axes]]);
  const { text } = encodeModule(graph, { mesh: meshShape(sharding.mesh), shardings });
  const program = client.compileOnce(text, 1, client.devicesOf(sharding.mesh));
  return program.executeSync([buffers])[0];
}
