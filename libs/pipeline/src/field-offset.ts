import { isMap, isNode, isScalar, isSeq, type YamlDocument } from '@open-chatgpt/untrusted';

/**
 * Offset in the text of the field at `path`, or of the nearest one around it that exists.
 * @param unknownKey the field is one that should not be there: its name is meant, not its value
 */
export function offsetOf(
  document: YamlDocument['document'],
  path: readonly (string | number)[],
  unknownKey?: string,
): number {
  const field = path.at(-1);
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === field);
    const node =
      unknownKey === undefined && isNode(pair?.value) && isScalar(pair.value) ? pair.value : pair?.key;
    if (isNode(node) && node.range) return node.range[0];
  }
  if (isSeq(parent)) {
    const item = parent.items[Number(field)];
    if (isNode(item) && item.range) return item.range[0];
  }
  for (let depth = path.length - 1; depth > 0; depth--) {
    const around = offsetOf(document, path.slice(0, depth));
    if (around > 0) return around;
  }
  return 0;
}
