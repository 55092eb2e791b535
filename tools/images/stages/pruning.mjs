import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { nameOf } from './lock-file.mjs';

const { platform, arch } = process;

/** Types, sources, descriptions and tests: nothing that Node loads. */
const NO_PROGRAM =
  /\.([cm]?ts|map|tsbuildinfo|flow|md|markdown)$|^(tests?|test-[^/]*|specs?|__tests__|benchmarks?)\//i;
const LICENCE = /(^|\/)(licen[cs]e|notice|copying|copyright|thirdpartynotices)[^/]*$/i;

/**
 * What to copy of packages that carry much that is never loaded: binaries of other platforms, sources, further builds.
 * The patterns are for paths within the package.
 */
const KEPT = {
  // Our runtime calls the C library itself. Neither the binding for JavaScript nor the downloader of CUDA is loaded.
  'onnxruntime-node': new RegExp(
    `^(package\\.json|bin/napi-v6/${platform}/${arch}/(lib)?onnxruntime[^/]*\\.(so\\.1|dylib|dll))$`,
  ),
  tokenizers: new RegExp(
    `^(index\\.js|package\\.json|tokenizers\\.${platform}-${arch}(-gnu|-msvc)?\\.node)$`,
  ),
  koffi: /^(package\.json|[^/]+\.c?js|src\/.*\.c?js)$/,
  [`@koromix/koffi-${platform}-${arch}`]: new RegExp(`^([^/]+|${platform}_${arch}/.*)$`),
  rxjs: /^(package\.json|dist\/cjs\/.*)$/,
  'swagger-ui-dist': /^(?!swagger-ui-es-)/,
  tinyld: /^(package\.json|dist\/[^/]+\.node\.m?js)$/,
};
const UNUSED_DEPENDENCIES = { 'onnxruntime-node': ['adm-zip', 'global-agent', 'onnxruntime-common'] };

/** Whether only such a part of a package imports a dependency that is not copied. */
export function isUnused(name, dependency) {
  return dependency.startsWith('@types/') || (UNUSED_DEPENDENCIES[name] ?? []).includes(dependency);
}

/** Copies an installed package, without those that are installed inside it. */
export function copyPackage(path, out) {
  const name = nameOf(path);
  for (const file of filesOf(path)) {
    const inPackage = relative(path, file);
    const kept =
      LICENCE.test(inPackage) || (!NO_PROGRAM.test(inPackage) && (KEPT[name]?.test(inPackage) ?? true));
    if (!kept) continue;
    const target = join(out, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return entry.name === 'node_modules' ? [] : filesOf(path);
  });
}
