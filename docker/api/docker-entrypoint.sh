#!/bin/sh
# The commands of Cronium's image.
set -eu

command=$1
shift
case "$command" in
  # V8's young generation is kept small: see tools/lib/api-process.mjs.
  api) exec node --max-semi-space-size=8 dist/apps/api/main.js "$@" ;;
  broker) exec node --max-semi-space-size=8 dist/apps/broker/main.js "$@" ;;
  migrate) exec node dist/apps/api/migrate.js "$@" ;;
  rotate-key) exec node dist/apps/api/rotate-key.js "$@" ;;
  backup | restore) exec node dist/apps/api/backup.js "$command" "$@" ;;
  *) exec "$command" "$@" ;;
esac
