#!/usr/bin/env bash
# `make run`: the warehouse and its neighbours on this machine, in a folder of their own.
#
# With a display, the desktop window opens on a seeded day. Without one it says so and walks the
# same day in Xvfb, leaving screenshots, labels and the report under out/.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
  exec target/debug/bondctl demo --window
fi
echo 'No display here: walking the day without a screen; see out/ for screenshots, labels and the report.'
target/debug/bondctl day --out out
exec node tests/journeys/run.mjs
