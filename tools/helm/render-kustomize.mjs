#!/usr/bin/env node
/**
 * Writes the manifests of k8s/ that come from the chart, so that both are the same platform; with --check it fails when one is
 * out of date. It needs helm, in PATH or named by HELM.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const COMPONENT = 'app.kubernetes.io/component';
const base = 'k8s/base/values.yaml';

const outputs = [
  { file: 'k8s/base/platform.yaml', values: [base], select: (object) => [object] },
  {
    file: 'k8s/overlays/dev/stores.yaml',
    values: [base, 'k8s/overlays/dev/values.yaml'],
    select: (object) => (['kafka', 's3'].includes(object.metadata.labels[COMPONENT]) ? [object] : []),
  },
  {
    file: 'k8s/overlays/gpu/operator.yaml',
    values: [base, 'k8s/overlays/gpu/values.yaml'],
    select: operatorPatches,
  },
];

const stale = [];
for (const { file, values, select } of outputs) {
  const objects = render(values).flatMap(select);
  const header = '# Written from the chart by tools/helm/render-kustomize.mjs; do not edit.\n';
  const text =
    header +
    objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n');
  const path = join(root, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale.push(file);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text);
    console.log(`helm: wrote ${file}`);
  }
}
if (stale.length > 0 && process.argv.includes('--check')) {
  console.error(`helm: out of date: ${stale.join(', ')}; run node tools/helm/render-kustomize.mjs`);
  process.exit(1);
}

/** The objects of the chart as release open-chatgpt in the namespace open-chatgpt, without hooks and without Helm's labels. */
function render(values) {
  const args = ['template', 'open-chatgpt', 'helm/open-chatgpt', '--namespace', 'open-chatgpt', '--no-hooks'];
  const text = execFileSync(
    process.env.HELM || 'helm',
    [...args, ...values.flatMap((file) => ['--values', file])],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  );
  return parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((object) => object !== null)
    .map(withoutHelm);
}

function withoutHelm(object) {
  const { 'helm.sh/chart': _, 'app.kubernetes.io/managed-by': __, ...labels } = object.metadata.labels;
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** The operator's configuration, and its checksum, which restarts the operator. */
function operatorPatches({ apiVersion, kind, metadata, data, spec }) {
  if (metadata.labels[COMPONENT] !== 'operator') return [];
  const { name, namespace } = metadata;
  const head = { apiVersion, kind, metadata: { name, namespace } };
  if (kind === 'ConfigMap') return [{ ...head, data }];
  if (kind !== 'Deployment') return [];
  const { annotations } = spec.template.metadata;
  return [{ ...head, spec: { template: { metadata: { annotations } } } }];
}
