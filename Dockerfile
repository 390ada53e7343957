# syntax=docker/dockerfile:1
# The image carries its own Node, so the development runtime of package.json (a dev dependency) is left out of it.
# By digest: a tag can be moved, and the same sources then make another image. The version is that of package.json.
ARG NODE_IMAGE=node:24.21.0-trixie-slim@sha256:173f125896c3b47ddf056734c7ea789d04595a6a08769a8f78e0df642781fb66

FROM ${NODE_IMAGE} AS build
WORKDIR /build
RUN chown node:node /build
# The user who will run it: Node keeps compiled code for each user apart.
USER node
COPY --chown=node package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY --chown=node scripts ./scripts
COPY --chown=node src ./src
RUN node scripts/build.ts

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="restore-watcher" \
      org.opencontainers.image.description="Watches MongoDB Atlas restore jobs and tells the right people about every change." \
      org.opencontainers.image.licenses="MIT"
# UTC: the schedules are read in UTC, and so is all that is printed.
# MALLOC: one pool of memory outside of JavaScript's, which gives back what is free at its end: 8 of 122 MB with 10,000 jobs.
# The configuration is mounted as a folder, so that a file which is replaced in it is seen; every command finds it there.
ENV NODE_ENV=production TZ=UTC MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=32768 RESTORE_WATCHER_CONFIG=/app/config/watcher.config.json
WORKDIR /app
# All that it loads is in there, compiled as well; it belongs to root, so that nobody who gets into the daemon changes it.
COPY --from=build /build/dist ./dist
COPY LICENSE ./
# The one place that is written to: the store and the mirror of the audit log. And the command, for "docker exec".
RUN mkdir /app/data && chown node:node /app/data && ln -s /app/dist/main.js /usr/local/bin/restore-watcher
VOLUME /app/data
USER node
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["node", "/app/dist/main.js", "healthcheck"]
# Node is PID 1 and handles SIGTERM and SIGINT itself; it starts no children, so there is nothing to reap.
# The young generation may grow while the daemon starts; it lets go of that afterwards (src/app/heap-growth.ts).
# The heap goes by the container's limit: Node's own choice for a small one is more than the whole of it.
ENTRYPOINT ["node", "--max-semi-space-size=4", "--max-old-space-size-percentage=60", "/app/dist/main.js"]
CMD ["run"]
