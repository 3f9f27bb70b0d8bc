# Sourced by the other scripts: stands in the project's root, has everything installed, and Node 24 first in PATH.
cd "$(dirname "$0")/.." || exit 1
if ! node scripts/installed.js; then
  echo "installing the packages of package-lock.json" >&2
  # Not `npm ci`: it refuses a lockfile that was written where a registry lacks the builds for other platforms.
  npm install --no-save --include=dev --include=optional >&2 || exit 1
fi
PATH="$PWD/node_modules/.bin:$PATH"
export PATH
case "$(node --version)" in
  v2[4-9].* | v[3-9][0-9].*) ;;
  *)
    echo "Node 24 or newer is needed; the npm package 'node' that brings it was not installed (npm's ignore-scripts?)" >&2
    exit 78
    ;;
esac
