#!/bin/sh
# What the end-to-end tests use from Debian. Root: missing packages are installed. Anybody else is told what is
# missing; the tests that need it are then skipped and say so, except under CI, where that is a failure.
needs() {
  command -v "$1" >/dev/null 2>&1 && return
  [ -x "/usr/sbin/$1" ] && return
  missing_commands="$missing_commands $1"
  missing_packages="$missing_packages $2"
}
look() {
  missing_commands=""
  missing_packages=""
  needs mosquitto mosquitto
  needs mosquitto_pub mosquitto-clients
  needs haproxy haproxy
  needs chromium chromium
  needs curl curl
  needs openssl openssl
}
look
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
  apt-get update -qq >&2
  # One by one: what one archive lacks does not keep the others away.
  for package in $missing_packages; do apt-get install -y -qq --no-install-recommends "$package" >&2; done
  look
  [ -z "$missing_commands" ] && exit 0
fi
for command in $missing_commands; do echo "missing command: $command" >&2; done
echo "install with: sudo apt-get install$missing_packages" >&2
[ -z "${CI:-}" ] || exit 1
exit 0
