#!/bin/sh
# Without arguments: creates missing keys, one for Prometheus and a password for Grafana.
# With arguments: `img-super keys ...`, for example `create banco`, `list`, `revoke banco`.
# KEYS is overridden in the test.
set -eu
keys=${KEYS:-/run/keys}

# The service runs as another user; the file has only hashes.
change() {
  python -m img_super keys "$@"
  chmod 0444 "$keys/service/keys.txt"
}

if [ $# -gt 0 ]; then
  change "$@"
  exit
fi
if [ ! -s "$keys/prometheus/key" ]; then
  change create prometheus >"$keys/prometheus/key.new"
  mv "$keys/prometheus/key.new" "$keys/prometheus/key"
fi
if [ ! -s "$keys/grafana/password" ]; then
  python -c 'import secrets; print(secrets.token_urlsafe(18))' >"$keys/grafana/password"
fi
