# The images of the services: one target for each folder of apps/. docs/images.md says how to build and check them.
#
#   docker build --target gateway --tag open-chatgpt/gateway .
#   docker build --target sft-trainer --build-arg VARIANT=cuda --tag open-chatgpt/sft-trainer:cuda .
#   npm run images                                              without Docker and without a registry
#
# Registries of your own: --build-arg NODE_IMAGE=…, BASE_IMAGE=… Settings of npm, such as a mirror with a password:
# --secret id=npmrc,src=$HOME/.npmrc. A certificate authority of your own: --secret id=ca,src=FILE.

# Node with npm, in which the stages are built, and from which the images take the program `node`.
ARG NODE_IMAGE=docker.io/library/node:20-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0
# What `node` and the native packages need: libc, libstdc++, certificates, time zones. No shell and no package manager.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12:latest@sha256:e5d81ddde149641e2a9ba55be4545bc125c67de07508b03ba4c22e6eb0ded5aa
# cpu or cuda
ARG VARIANT=cpu

FROM ${NODE_IMAGE} AS node

# ---- The packages of the lock file -----------------------------------------------------------------------------------
FROM node AS lock
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY tools/images/stages/workspaces.mjs tools/images/stages/workspaces.mjs
RUN node tools/images/stages/workspaces.mjs

FROM lock AS dependencies
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
  NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --omit=dev --ignore-scripts --prefer-offline

# ---- Our code, compiled ----------------------------------------------------------------------------------------------
FROM lock AS compiled
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca \
  NODE_EXTRA_CA_CERTS=/run/secrets/ca npm ci --ignore-scripts --prefer-offline
COPY tsconfig.base.json LICENSE ./
COPY examples examples
COPY libs libs
COPY apps apps
RUN node node_modules/typescript/bin/tsc -b apps/*
COPY tools/workspace/projects.cjs tools/workspace/projects.cjs
COPY tools/images/stages tools/images/stages
RUN node tools/images/stages/imports.mjs /needs.json

# ---- What of the packages goes into the images -----------------------------------------------------------------------
FROM dependencies AS packages
COPY tools/images/stages tools/images/stages
COPY --from=compiled /needs.json /needs.json
RUN node tools/images/stages/packages.mjs /needs.json /out

# ---- The XLA plugin for NVIDIA GPUs ----------------------------------------------------------------------------------
# With the libraries that it loads, such as cuBLAS, cuDNN and NCCL: 3 GB from the Python package index, which the builder keeps
# for its next build. Where the index is out of reach, a folder that "openchat device install cuda12" has made elsewhere takes
# its place: --build-context xla-plugin=FOLDER.
FROM compiled AS plugin-download
ARG PIP_INDEX_URL
RUN --mount=type=cache,target=/plugins --mount=type=secret,id=ca \
  NODE_EXTRA_CA_CERTS=/run/secrets/ca OPEN_CHATGPT_PLUGIN_CACHE=/plugins node apps/cli/bin/openchat.js device install cuda12 \
  && cp -a /plugins/cuda12 /out

FROM scratch AS xla-plugin
COPY --from=plugin-download /out /

FROM node AS user
RUN mkdir -p /out/work \
  && printf 'root:x:0:0:root:/root:/sbin/nologin\nnode:x:1000:1000:node:/work:/sbin/nologin\n' > /out/passwd \
  && printf 'root:x:0:\nnode:x:1000:\n' > /out/group

# ---- The system that the services run in -----------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS system

FROM compiled AS services
COPY --from=system /var/lib/dpkg /system
COPY --from=packages /out/packages.json /packages.json
ARG VARIANT
RUN node tools/images/stages/services.mjs /needs.json /packages.json /system "${VARIANT}" /out

FROM system AS service
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=user /out/passwd /out/group /etc/
COPY --from=user --chown=1000:1000 /out/work /work
COPY --from=packages /out/layers/service /
# The root file system may be read-only: /work and /tmp are the only folders that a service writes to.
ENV NODE_ENV=production HOME=/work OPEN_CHATGPT_WORK_DIR=/work
WORKDIR /work
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT []
CMD []

FROM service AS engine-cpu
COPY --from=packages /out/layers/engine /

FROM engine-cpu AS engine-cuda
COPY --from=xla-plugin / /app/plugins/cuda12/
ENV OPEN_CHATGPT_DEVICE=cuda:all OPEN_CHATGPT_PLUGIN_CACHE=/app/plugins

FROM engine-${VARIANT} AS engine

# ---- One target for each app: written by "npm run sync" -----------------------------------------------------------------

FROM engine AS cli
COPY --from=packages /out/own/cli /
COPY --from=services /out/cli /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/cli" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/cli/bin/openchat.js"]

FROM engine AS data-ingestion
COPY --from=packages /out/own/data-ingestion /
COPY --from=services /out/data-ingestion /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/data-ingestion" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/data-ingestion/dist/main.js"]

FROM engine AS dpo-trainer
COPY --from=packages /out/own/dpo-trainer /
COPY --from=services /out/dpo-trainer /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/dpo-trainer" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/dpo-trainer/dist/main.js"]

FROM service AS gateway
COPY --from=packages /out/own/gateway /
COPY --from=services /out/gateway /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/gateway" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/gateway/dist/main.js"]

FROM engine AS inference
COPY --from=packages /out/own/inference /
COPY --from=services /out/inference /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/inference" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/inference/dist/main.js"]

FROM service AS operator
COPY --from=packages /out/own/operator /
COPY --from=services /out/operator /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/operator" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/operator/dist/main.js"]

FROM engine AS ppo-actor
COPY --from=packages /out/own/ppo-actor /
COPY --from=services /out/ppo-actor /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/ppo-actor" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/ppo-actor/dist/main.js"]

FROM engine AS ppo-critic
COPY --from=packages /out/own/ppo-critic /
COPY --from=services /out/ppo-critic /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/ppo-critic" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/ppo-critic/dist/main.js"]

FROM engine AS reward-trainer
COPY --from=packages /out/own/reward-trainer /
COPY --from=services /out/reward-trainer /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/reward-trainer" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/reward-trainer/dist/main.js"]

FROM engine AS sft-trainer
COPY --from=packages /out/own/sft-trainer /
COPY --from=services /out/sft-trainer /
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="open-chatgpt/sft-trainer" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["node", "/app/apps/sft-trainer/dist/main.js"]
