#!/bin/sh
# The commands of the executor image.
set -eu

case "$1" in
  # A single-use sandbox: the runner waits on stdin for one job. It becomes process 1 itself, since it reaps orphans
  # and then knows that every other process is the script's. It is started from its compiled file, because Python
  # never caches the file it is started with, and compiling it again would delay each job.
  # -I: no environment or working directory can change what is imported; -S: no site-packages, a faster start.
  sandbox) exec python3 -I -S /opt/cronium/runner.pyc sandbox ;;
  # The long-lived shared container: jobs arrive by `docker exec`, and tini reaps what they leave.
  hold) exec tini -- sleep infinity ;;
  # The long-lived container of isolation `namespace`: its main process starts each job in namespaces of its own.
  resident) exec python3 -I -S /opt/cronium/resident.pyc ;;
  *) exec tini -- "$@" ;;
esac
