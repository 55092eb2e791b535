export { isMap, isNode, isScalar, isSeq, stringify as formatYaml } from 'yaml';
export { checkComplexity } from './complexity';
export { parseJson } from './json';
export { nearestName } from './nearest-name';
export { printable, printableJson, printableLines } from './printable';
export { parseYaml, parseYamlDocument, type YamlDocument } from './yaml';
