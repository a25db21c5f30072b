# The Debian packages that building, running and testing need, and how they get onto a machine.
# Sourced by cmd/quickstart and tests/run.

# To build and run ccctl.
build_packages=(
  g++ cmake ninja-build ccache lld
  libssl-dev nlohmann-json3-dev libyaml-cpp-dev libicu-dev libphonenumber-dev
  libhowardhinnant-date-dev libpq-dev libcli11-dev libarchive-dev libcurl4-openssl-dev libkainjow-mustache-dev
  postgresql-15 postgresql-client-15 openssl ca-certificates tzdata util-linux
)
# What the tests need beside that.
test_packages=(
  libgtest-dev librapidcheck-dev python3 python3-yaml python3-jsonschema python3-aiosmtpd python3-swift
  chromium fonts-noto-cjk clang-format git locales
)

# ensure_packages PACKAGE...: installs what is missing. Only root can; anybody else is told what to
# ask for. A machine that has everything is not touched, and needs no network.
ensure_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    echo "these packages are missing; as root: apt-get install ${missing[*]}" >&2
    return 1
  fi
  echo "installing ${#missing[@]} packages" >&2
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y \
         --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}
