#!/bin/sh
# `npm run check`: what needs no running program: types, lint, format, unused exports and dependencies.
. "$(dirname "$0")/prepare.sh"
failed=0
step() {
  echo "== $*"
  "$@" || failed=1
}
step tsc -p .
step oxlint --type-aware --deny-warnings
step oxfmt --check .
step knip
exit $failed
