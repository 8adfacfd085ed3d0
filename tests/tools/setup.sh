#!/usr/bin/env bash
# Brings a fresh machine to where `make run` and `make test` work; changes nothing that is there.
#
# Needs Rust (rustup), Node 20 and apt. On a system without apt it names what it needs and stops:
# guessing package names of other systems would install the wrong things.
set -euo pipefail
cd "$(dirname "$0")/../.."

PACKAGES=(
  build-essential pkg-config
  libwebkit2gtk-4.1-dev webkit2gtk-driver   # the window, and the WebDriver that journeys drive it by
  libudev-dev                               # names of USB scanners
  xvfb socat                                # a display without a screen; a scanner without a cable
  zbar-tools poppler-utils                  # reading our labels back as a courier would
  fonts-noto-cjk                            # Chinese on screen; labels embed their own
  python3-venv                              # a Python of our own for the tool that tries the API out
  python3-lxml                              # what people read customs messages with; `make bench` measures against it
  xmlsec1                                   # signs messages independently of us, so that our checking is tested
  postgresql                                # the platform's stories run on it as well; tests start one of their own
  strace libclang-dev                       # proving that a commit reached the disk: kill at every sync; a simulated disk
)

FONT_PACKAGE=@expo-google-fonts/noto-sans-sc@0.4.3

say() { printf 'setup: %s\n' "$*"; }

system_packages() {
  local missing=()
  if ! command -v apt-get >/dev/null; then
    # What matters is what the packages bring, so look for that before giving up.
    if command -v Xvfb zbarimg pdftoppm socat strace WebKitWebDriver >/dev/null \
      && pkg-config --exists webkit2gtk-4.1 libudev 2>/dev/null; then
      return
    fi
    say 'no apt here. Install what these Debian packages hold, then run again:'
    printf '  %s\n' "${PACKAGES[@]}"
    exit 1
  fi
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return; fi
  say "installing ${missing[*]}"
  local root=()
  if (($(id -u) != 0)); then root=(sudo); fi
  "${root[@]}" apt-get update -qq
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

toolchains() {
  command -v cargo >/dev/null || { say 'no cargo: install Rust from https://rustup.rs'; exit 1; }
  command -v node >/dev/null || { say 'no node: install Node 20 or newer'; exit 1; }
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' \
    || { say "Node 20 or newer is needed, this is $(node --version)"; exit 1; }
  cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || rustup component add rustfmt clippy
}

page_packages() {
  [ -f ui/package-lock.json ] || return 0
  if [ ui/node_modules/.package-lock.json -nt ui/package-lock.json ]; then return 0; fi
  say 'installing the page packages by their lock file'
  npm ci --prefix ui --no-audit --no-fund --loglevel=error
}

# The face of every label: read at run time, 21 MB, so fetched and checked instead of committed.
fonts() {
  local cache=target/setup weight
  verified() { (cd assets/fonts && sha256sum --check --status SHA256SUMS 2>/dev/null); }
  if verified; then return; fi
  say "fetching $FONT_PACKAGE"
  mkdir -p "$cache"
  (cd "$cache" && npm pack "$FONT_PACKAGE" --silent >/dev/null)
  for weight in 400Regular 700Bold; do
    tar -xzf "$cache"/*noto-sans-sc*.tgz -O "package/$weight/NotoSansSC_$weight.ttf" \
      >"assets/fonts/NotoSansSC-${weight#[0-9][0-9][0-9]}.ttf"
  done
  rm -r "$cache"
  verified || { say "the fonts fetched are not those of assets/fonts/SHA256SUMS"; exit 1; }
}

driver() {
  if [ -x target/tools/bin/tauri-driver ]; then return; fi
  say 'building tauri-driver'
  cargo install tauri-driver --version '^2' --locked --quiet --root target/tools --target-dir target/tools/build
  rm -rf target/tools/build
}

# Schemathesis in a Python of its own, every package at the version that openapi.txt names.
api_tool() {
  local home=target/tools/schemathesis
  if cmp -s tests/tools/openapi.txt "$home/openapi.txt"; then return; fi
  say 'installing schemathesis'
  rm -rf "$home"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --requirement tests/tools/openapi.txt \
    || { say 'schemathesis was not installed: its packages come from PyPI, which is not reached from here'; exit 1; }
  cp tests/tools/openapi.txt "$home/openapi.txt"
}

system_packages
toolchains
page_packages
fonts
driver
api_tool
say 'ready'
