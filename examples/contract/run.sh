#!/bin/sh
# Tries every operation of the REST API against its OpenAPI document: a demonstration server, an API token,
# and schemathesis from PyPI in an environment of its own. More arguments go to schemathesis, such as
# `-n 500` for more cases.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
target=${CARGO_TARGET_DIR:-$root/target}
tools=$target/contract
mkdir -p "$tools"
[ -x "$tools/bin/schemathesis" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet schemathesis==4.32.5
}
cd "$root"
cargo build --quiet --package ipp-examples --bin ipp-server
first=$tools/first.json
rm -f "$first"
"$target/debug/ipp-server" demo --phones 6 --json > "$first" 2> "$tools/demo.log" &
demo=$!
trap 'kill $demo' EXIT
for _ in $(seq 1 200); do [ -s "$first" ] && break; sleep 0.3; done
token=$(python3 "$here/token.py" "$first")
api=$(python3 -c 'import json, sys; print(json.loads(open(sys.argv[1]).readline())["api"])' "$first")
# Its cache stays beside it.
cd "$tools"
# What ends the token's own account or session is tried by other tests.
"$tools/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$api/openapi.json" \
    --url "${api%/api/v1}" --tls-verify=false -H "Authorization: Bearer $token" \
    --exclude-path-regex '^/api/v1/(session|tokens)' \
    --exclude-operation-id UpdateOperator --exclude-operation-id DeleteOperator \
    --exclude-operation-id ResetOperatorPassword \
    --max-failures 100 "$@"
