#!/bin/sh
# `npm start [-- arguments]`: the gateway from source. exec, so that signals reach it.
. "$(dirname "$0")/prepare.sh"
exec node --max-semi-space-size=16 --conditions=tributary-source gateway/main.ts start "$@"
