#!/bin/sh
# What the tests need of the system: a Chromium and a Firefox for the browser tests, curl for the sessions in the
# documentation, faketime for servers whose clocks differ. Where Debian's Chromium is, also the one without windows,
# with which the browser tests take half the time; they run without it too.
set -eu
found() {
  for name in "$@"; do
    if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  return 1
}
missing=""
found "${HUBBUB_CHROMIUM:-}" chromium chromium-browser google-chrome || missing="chromium fonts-noto-color-emoji"
found "${HUBBUB_FIREFOX:-}" firefox-esr firefox || missing="$missing firefox-esr"
found curl || missing="$missing curl"
found faketime || missing="$missing faketime"
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
# Nobody is asked for a password for what is only faster.
wished=""
if [ -z "${HUBBUB_CHROMIUM:-}" ] && ! found chromium-headless-shell && grep -qs '^ID=debian' /etc/os-release; then
  if [ -z "$as_root" ] || sudo -n true 2>/dev/null; then wished="chromium-headless-shell"; fi
fi
if [ -z "$missing$wished" ]; then exit 0; fi
if [ -n "$missing" ] && ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need: $missing. Install them, or name browsers with HUBBUB_CHROMIUM=… and HUBBUB_FIREFOX=…." >&2
  exit 1
fi
echo "Installing $missing $wished for the tests ..."
install() { DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
$as_root apt-get update -qq || [ -z "$missing" ]
# shellcheck disable=SC2086
if [ -n "$missing" ]; then install $missing; fi
if [ -n "$wished" ]; then install "$wished" || echo "Without $wished the browser tests take longer."; fi
