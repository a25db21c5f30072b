#!/usr/bin/env bash
# tests/mutants/run.sh [NAME...]
# Shows that the tests notice costly mistakes: makes each one of mutants.yaml (or those named) in a
# scratch copy of the tree, rebuilds the tests that it names there and runs them. "killed" is a mistake that a test
# noticed, "survived" one that none did; exit 1 when one survived, 2 when one is stale or does not
# compile. Takes minutes, so tests/run does not call it. Needs what tests/run has installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
names=("$@")
mutants() { /usr/bin/python3 "$here/mutants.py" "$@"; }
if ((${#names[@]} == 0)); then
  mapfile -t names < <(mutants names)
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/ccctl-mutants.XXXXXX")
as_postgres=()
if ((EUID == 0)); then
  as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups env HOME="$work")
  chown postgres "$work"
  chmod 755 "$work"
fi
programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
stop() {
  [[ ! -e $work/data/postmaster.pid ]] ||
    (cd "$work" && "${as_postgres[@]}" "$programs/pg_ctl" -D "$work/data" -m immediate -w stop \
      >/dev/null 2>&1) || true
  rm -rf --one-file-system "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

(
  cd "$work"
  "${as_postgres[@]}" mkdir run
  "${as_postgres[@]}" "$programs/initdb" -D data -U postgres -E UTF8 --no-locale -A trust -N >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 2; }
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$work/run'" 'fsync = off' |
    "${as_postgres[@]}" tee -a data/postgresql.conf >/dev/null
  "${as_postgres[@]}" "$programs/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null
)
export CCCTL_TEST_CLUSTER=$work/run

copy=$work/tree
mkdir "$copy"
(cd "$tree" && git ls-files -z | tar --null -T - -cf -) | tar -C "$copy" -xf -
jobs=$(nproc)
# Output of a build that fails is shown; of one that works nobody wants to know.
build() { ninja -C "$work/build" -j "$jobs" --quiet "$@" >"$work/build.log" 2>&1; }
mapfile -t targets < <(for name in "${names[@]}"; do mutants tests "$name"; done | sort -u)
cmake -S "$copy" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS="-g1 -O1" >"$work/build.log" 2>&1 &&
  build "${targets[@]}" || { cat "$work/build.log" >&2; exit 2; }
tests() {
  local binary=$work/build/tests/$1
  [[ -x $binary ]] || binary=$work/build/$1  # unit-ROOM
  timeout 900 "$binary" --gtest_fail_fast --gtest_brief=1 >"$work/tests.log" 2>&1
}
for target in "${targets[@]}"; do
  tests "$target" || { cat "$work/tests.log" >&2; echo "the tests fail without any mutant" >&2; exit 2; }
done

status=0
for name in "${names[@]}"; do
  file=$(mutants make "$copy" "$name") || { echo "stale    $name"; exit 2; }
  target=$(mutants tests "$name")
  build "$target" || { cat "$work/build.log" >&2; echo "broken   $name"; exit 2; }
  if tests "$target"; then
    echo "survived $name"
    status=1
  else
    echo "killed   $name: $(sed -n 's/^\[  FAILED  \] \([^ ,]*\).*/\1/p' "$work/tests.log" | head -n 1)"
  fi
  cp "$tree/$file" "$copy/$file"
done
exit "$status"
