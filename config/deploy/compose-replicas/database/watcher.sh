#!/bin/sh
# Run once by the image of PostgreSQL, when the database is made: a user for the watcher, who owns its database and nothing else.
set -eu
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-postgres}" \
  --set password="$(cat "${WATCHER_PASSWORD_FILE:-/run/secrets/watcher-password}")" <<'SQL'
create user watcher password :'password';
create database watcher owner watcher;
SQL
