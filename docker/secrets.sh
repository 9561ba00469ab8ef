#!/bin/sh
# Generate the secrets that docker/compose.yaml mounts, into docker/secrets; existing ones are kept.
# The containers run as uid 10001 and see the files with the permissions they have here, so the folder is what
# keeps other users of this machine out.
set -eu
folder="$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/secrets"
mkdir -p "${folder}"
chmod 700 "${folder}"

keep() { # name value
    [ -e "${folder}/$1" ] || printf '%s' "$2" > "${folder}/$1"
    chmod 644 "${folder}/$1"
}
random() { # bytes -> hexadecimal
    od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

keep postgres_password "$(random 24)"
password="$(cat "${folder}/postgres_password")"
keep airflow_database "postgresql+psycopg2://tessera:${password}@postgres:5432/airflow"
keep mlflow_database "postgresql+psycopg2://tessera:${password}@postgres:5432/mlflow"
keep jwt_secret "$(random 64)"
keep session_secret "$(random 32)"
keep fernet_key "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n')"
echo "secrets are in ${folder}"
