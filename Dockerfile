# syntax=docker/dockerfile:1
# The image carries its own Node, so the development runtime of package.json (a dev dependency) is left out of it.
# By digest: a tag can be moved, and the same sources then make another image. The version is that of package.json.
ARG NODE_IMAGE=node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

FROM ${NODE_IMAGE} AS production-dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="restore-watcher" \
      org.opencontainers.image.description="Watches MongoDB Atlas restore jobs and tells the right people about every change." \
      org.opencontainers.image.licenses="MIT"
# UTC: the schedules are read in UTC, and so is all that is printed.
ENV NODE_ENV=production TZ=UTC
WORKDIR /app
COPY --from=production-dependencies /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json LICENSE ./
# The one place that is written to: the store and the mirror of the audit log.
RUN mkdir /app/data && chown node:node /app/data
VOLUME /app/data
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/app/dist/main.js", "healthcheck"]
# Node is PID 1 and handles SIGTERM and SIGINT itself; it starts no children, so there is nothing to reap.
# A small young generation: the daemon makes little garbage at a time, and memory is what a sidecar is judged by.
ENTRYPOINT ["node", "--max-semi-space-size=1", "/app/dist/main.js"]
CMD ["run"]
