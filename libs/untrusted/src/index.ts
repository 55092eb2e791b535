export { isMap, isNode, isScalar, isSeq, stringify as formatYaml } from 'yaml';
export { checkComplexity } from './complexity';
export { parseJson } from './json';
export { parseYaml, parseYamlDocument, type YamlDocument } from './yaml';
