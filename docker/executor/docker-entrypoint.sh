#!/bin/sh
# The commands of the executor image. tini is process 1 before us: it reaps orphans and passes signals on.
set -eu

case "$1" in
  # A single-use sandbox: the runner waits on stdin for one job. It is started from its compiled file, because
  # Python never caches the file it is started with, and compiling it again would delay each job.
  # -I: no environment or working directory can change what is imported; -S: no site-packages, a faster start.
  sandbox) exec python3 -I -S /opt/cronium/runner.pyc "$@" ;;
  # The long-lived shared container: jobs arrive by `docker exec`.
  hold) exec sleep infinity ;;
  *) exec "$@" ;;
esac
