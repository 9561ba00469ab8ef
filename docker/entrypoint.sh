#!/bin/sh
# For every NAME_FILE in the environment, NAME becomes the content of that file: secrets stay out of `docker inspect`.
set -eu
for pair in $(env | grep -E '^[A-Za-z_][A-Za-z0-9_]*_FILE=/run/secrets/' || true); do
    name="${pair%%=*}"
    value="$(cat "${pair#*=}")" || { echo "entrypoint: cannot read ${pair#*=}, named by ${name}" >&2; exit 1; }
    export "${name%_FILE}=${value}"
    unset "${name}"
done
exec "$@"
