import type { Network, Node } from './node';

/**
 * The nodes from which the end of their rule can be reached, in linear time.
 * @param edges `all`; or `empty`, without reading a byte
 */
export function reachingEnd({ nodes }: Network, edges: 'all' | 'empty'): Set<Node> {
  const before = new Map<Node, Node[]>();
  const add = <T>(map: Map<Node, T[]>, key: Node, value: T) => {
    const list = map.get(key);
    if (list) list.push(value);
    else map.set(key, [value]);
  };
  interface Call {
    from: Node;
    start: Node;
    to: Node;
  }
  const calls = new Map<Node, Call[]>();
  for (const from of nodes) {
    for (const to of from.empty) add(before, to, from);
    if (edges === 'all') for (const { to } of from.bytes) add(before, to, from);
    for (const { start, to } of from.calls) {
      add(calls, start, { from, start, to });
      add(calls, to, { from, start, to });
    }
  }
  const reached = new Set<Node>();
  const queue: Node[] = [];
  const reach = (node: Node) => {
    if (reached.has(node)) return;
    reached.add(node);
    queue.push(node);
  };
  for (const node of nodes) if (node.isEnd) reach(node);
  for (let node = queue.pop(); node; node = queue.pop()) {
    for (const from of before.get(node) ?? []) reach(from);
    for (const { from, start, to } of calls.get(node) ?? [])
      if (reached.has(start) && reached.has(to)) reach(from);
  }
  return reached;
}
