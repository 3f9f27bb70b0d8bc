#!/bin/sh
# `npm test`: set-up, checks, then every test in one run of node's own runner, whose summary comes last.
# Arguments replace the list of test files: `npm test -- 'net/**/*.test.ts'` (the checks run all the same).
. "$(dirname "$0")/prepare.sh"
sh scripts/system-packages.sh || exit 1
sh scripts/check.sh || exit 1
if [ $# -eq 0 ]; then
  set -- '{core,net,backends,gateway,conformance,test}/**/*.test.ts' '{adapters,codecs}/*/test/**/*.test.ts'
fi
# Tests wait for sockets and child processes more than they compute: two files at a time on two cores.
exec node --conditions=tributary-source --test --test-concurrency=2 --test-timeout=600000 "$@"
