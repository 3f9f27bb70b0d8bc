#!/bin/sh
# `npm run build`: what is published: codecs/*/dist, each a package of its own, then dist/.
. "$(dirname "$0")/prepare.sh"
set -e
for codec in codecs/*/; do
  [ -f "$codec/package.json" ] || continue
  rm -rf "${codec}dist"
  tsc -p "${codec}tsconfig.json"
done
rm -rf dist
tsc -p tsconfig.build.json
