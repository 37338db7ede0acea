#!/bin/sh
# What the tests need of the system: a Chromium and a Firefox for the browser tests, curl for the sessions in the
# documentation, faketime for servers whose clocks differ.
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
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need: $missing. Install them, or name browsers with HUBBUB_CHROMIUM=… and HUBBUB_FIREFOX=…." >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
echo "Installing $missing for the tests ..."
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
