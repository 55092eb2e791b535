import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projects } from '../workspace/projects.cjs';

const root = join(import.meta.dirname, '..', '..');
const START = /^# ---- One target for each app: .*\n/m;

/** The stages of the Dockerfile that hold the shared packages, from the bottom, and the project whose users start there. */
const STAGES = [
  { stage: 'service', project: null },
  { stage: 'engine', project: 'runtime' },
];

/**
 * The images: one for each folder of apps/.
 * @returns {{ name: string, stage: string, hasEngine: boolean, description: string }[]}
 */
export function images() {
  const all = projects();
  const closureOf = (name, seen = new Set()) => {
    if (!seen.has(name)) {
      seen.add(name);
      for (const dependency of all.find((project) => project.name === name).dependencies)
        closureOf(dependency, seen);
    }
    return seen;
  };
  return all
    .filter(({ folder }) => folder.startsWith('apps/') && startOf(folder) !== null)
    .map(({ name, folder }) => {
      const closure = closureOf(name);
      const { stage } = STAGES.findLast(({ project }) => project === null || closure.has(project));
      return { name, stage, hasEngine: stage !== 'service', start: startOf(folder) };
    });
}

/** The program of an app that is started by its name, else its service. A web page has neither. */
function startOf(folder) {
  const bin = Object.values(
    JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).bin ?? {},
  )[0];
  if (bin) return `${folder}/${bin}`;
  return existsSync(join(root, folder, 'src', 'main.ts')) ? `${folder}/dist/main.js` : null;
}

/** The Dockerfile with a target for each image. */
export function withTargets(dockerfile) {
  const found = START.exec(dockerfile);
  if (!found) throw new Error('Dockerfile: the line "# ---- One target for each app: …" is missing');
  return dockerfile.slice(0, found.index + found[0].length) + images().map(target).join('');
}

function target({ name, stage, start }) {
  return `
FROM ${stage} AS ${name}
COPY --from=packages /out/own/${name} /
COPY --from=services /out/${name} /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/${name}" \\
  org.opencontainers.image.licenses="Apache-2.0" \\
  org.opencontainers.image.version="\${VERSION}" \\
  org.opencontainers.image.revision="\${REVISION}"
ENTRYPOINT ["node", "/app/${start}"]
`;
}
