/** Collections inside each other, in YAML and JSON alike. A pipeline has 7, a resource of Kubernetes about 15. */
export const DEEPEST = 64;

/** Fields and list items of a value; a shared part counts wherever it is used. */
const MOST_NODES = 10_000;

/**
 * Checks a value from outside before anything walks it recursively or in more than linear time.
 * @param where what the message begins with: a file, or the part of a request
 * @throws Error when the value is too deep or too large, or has a field `__proto__`
 */
export function checkComplexity(value: unknown, where: string): void {
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }];
  let nodes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const depth = next.depth + 1;
    if (depth > DEEPEST) throw new Error(tooDeep(where));
    // Assigned as a key, it would name the prototype of an object; no schema of ours would see it.
    if (Object.hasOwn(next.value, '__proto__')) throw new Error(`${where}: unknown field "__proto__"`);
    const children = Object.values(next.value);
    nodes += children.length;
    if (nodes > MOST_NODES) {
      throw new Error(`${where}: has more than ${MOST_NODES} fields and list items; shorten it`);
    }
    for (const child of children) open.push({ value: child, depth });
  }
}

export const tooDeep = (where: string): string =>
  `${where}: is nested too deeply: more than ${DEEPEST} levels; write it with fewer`;
