#!/bin/sh
# What the tests need of the system: a Chromium for the browser tests, curl for the sessions in the documentation.
set -eu
missing=""
chromium=""
for name in "${HUBBUB_CHROMIUM:-}" chromium chromium-browser google-chrome; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then chromium="$name"; fi
done
if [ -z "$chromium" ]; then missing="chromium fonts-noto-color-emoji"; fi
if ! command -v curl >/dev/null 2>&1; then missing="$missing curl"; fi
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests need: $missing. Install them, or name a Chromium with HUBBUB_CHROMIUM=/path/to/chromium." >&2
  exit 1
fi
as_root=""
if [ "$(id -u)" -ne 0 ]; then as_root="sudo"; fi
echo "Installing $missing for the tests ..."
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
