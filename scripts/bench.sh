#!/bin/sh
# `npm run bench -- NAME [arguments]`: bench/NAME.ts. The MQTT one starts the peers itself: Mosquitto (Debian's package),
# Aedes (npm), and the floor, which needs a C compiler.
. "$(dirname "$0")/prepare.sh"
name="$1"
if [ -z "$name" ] || [ ! -f "bench/$name.ts" ]; then
  echo "usage: npm run bench -- NAME; there is:" bench/*.ts >&2
  exit 64
fi
shift
exec node --expose-gc --conditions=tributary-source "bench/$name.ts" "$@"
