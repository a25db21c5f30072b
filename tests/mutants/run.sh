#!/usr/bin/env bash
# tests/mutants/run.sh [NAME...]
# Shows that the tests of erasures notice mistakes: applies each patch of this folder (or those named)
# to a scratch copy of the tree, rebuilds db-erasure there and runs it. "killed" is a mistake that a
# test noticed, "survived" one that none did; exit 1 when one survived, 2 when a patch does not
# apply or compile. Takes minutes, so tests/run does not call it. Needs what tests/run has installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
names=("$@")
if ((${#names[@]} == 0)); then
  for patch in "$here"/*.patch; do names+=("$(basename "$patch" .patch)"); done
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
build() { ninja -C "$work/build" -j "$jobs" --quiet db-erasure >"$work/build.log" 2>&1; }
cmake -S "$copy" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS="-g1 -O1" >"$work/build.log" 2>&1 &&
  build || { cat "$work/build.log" >&2; exit 2; }
tests() { timeout 900 "$work/build/tests/db-erasure" --gtest_fail_fast --gtest_brief=1 >"$work/tests.log" 2>&1; }
tests || { cat "$work/tests.log" >&2; echo "the tests fail without any mutant" >&2; exit 2; }

status=0
for name in "${names[@]}"; do
  if ! patch -d "$copy" -p1 -s -f --no-backup-if-mismatch <"$here/$name.patch" >"$work/patch.log" 2>&1; then
    cat "$work/patch.log" >&2
    echo "stale    $name"
    exit 2
  fi
  build || { cat "$work/build.log" >&2; echo "broken   $name"; exit 2; }
  if tests; then
    echo "survived $name"
    status=1
  else
    echo "killed   $name: $(sed -n 's/^\[  FAILED  \] \([^ ,]*\).*/\1/p' "$work/tests.log" | head -n 1)"
  fi
  patch -d "$copy" -p1 -s -f -R --no-backup-if-mismatch <"$here/$name.patch"
done
exit "$status"
