#!/bin/sh
# Runs npm with the certificates of the build secret, where one was given: a network that looks into TLS has its own.
set -eu

if [ -s /run/secrets/certificates ]; then
  export NODE_EXTRA_CA_CERTS=/run/secrets/certificates
fi
exec "$@"
