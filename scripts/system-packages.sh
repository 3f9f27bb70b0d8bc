#!/bin/sh
# What the end-to-end tests use from Debian. Root: missing packages are installed. Anybody else is told what is
# missing; the tests that need it are then skipped and say so, except under CI, where that is a failure.
missing_commands=""
missing_packages=""
needs() {
  command -v "$1" >/dev/null 2>&1 && return
  [ -x "/usr/sbin/$1" ] && return
  missing_commands="$missing_commands $1"
  missing_packages="$missing_packages $2"
}
needs mosquitto mosquitto
needs mosquitto_pub mosquitto-clients
needs haproxy haproxy
needs chromium chromium
needs curl curl
needs openssl openssl
[ -z "$missing_commands" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing Debian packages:$missing_packages" >&2
  # The tests start these programs themselves; Debian must not start them as services on their well-known ports.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends $missing_packages >&2 && exit 0
  echo "apt-get could not install:$missing_packages" >&2
fi
for command in $missing_commands; do echo "missing command: $command" >&2; done
echo "install with: sudo apt-get install$missing_packages" >&2
[ -z "${CI:-}" ] || exit 1
exit 0
