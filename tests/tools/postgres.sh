#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own: `tests/tools/postgres.sh COMMAND…`.
#
# The server lives in a temporary folder, listens on a socket in it and nowhere else, and is gone with
# the command. The command finds it under BONDHOUSE_TEST_SERVER. It may not run as root, so root lends it
# to the user `postgres`. Its locale sorts as people do, so that whoever relies on the locale is found
# out. `DURABLE=1` makes commits reach the disk, for measuring.
set -euo pipefail

for bin in $(command -v pg_ctl 2>/dev/null || true) /usr/lib/postgresql/*/bin/pg_ctl; do
  [ -x "$bin" ] && [ -x "$(dirname "$(readlink -f "$bin")")/initdb" ] && BIN="$(dirname "$(readlink -f "$bin")")"
done
[ -n "${BIN:-}" ] || { echo 'no PostgreSQL server: make setup installs it' >&2; exit 1; }

FOLDER="$(mktemp -d -t bondhouse-pg-XXXXXX)"
as_owner=()
if (($(id -u) == 0)); then
  chown postgres "$FOLDER"
  as_owner=(runuser -u postgres --)
fi
# The server is started from its own folder: the one we stand in may not be its to see.
owner() { (cd "$FOLDER" && "${as_owner[@]}" "$@"); }

stop() {
  owner "$BIN/pg_ctl" -D "$FOLDER/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$FOLDER"
}
trap stop EXIT

owner "$BIN/initdb" -D "$FOLDER/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=zh --no-sync >/dev/null
{
  echo "listen_addresses = ''"
  echo "unix_socket_directories = '$FOLDER'"
  echo 'max_connections = 400'
  [ "${DURABLE:-0}" = 1 ] || echo 'fsync = off'
} >>"$FOLDER/data/postgresql.conf"
owner "$BIN/pg_ctl" -D "$FOLDER/data" -l "$FOLDER/log" -w start >/dev/null || { cat "$FOLDER/log" >&2; exit 1; }

export BONDHOUSE_TEST_SERVER="postgres://postgres@/postgres?host=$FOLDER"
"$@"
