# Common functions of the benchmarks. To be sourced.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # used by scripts that source this
examples=$root/src/examples/fashion-mnist normalize=mean=0.2860,std=0.3530,scale=255

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 2; }
halfstep() { "$root/halfstep" "$@"; }

# usage: prints the comment at the head of the script.
usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# field NAME JSON: prints the first value of this name, a number or a string.
field() {
  local pattern="\"$1\":([^],}]*)"
  [[ $2 =~ $pattern ]] || return 1
  printf '%s' "${BASH_REMATCH[1]}"
}

# timed FILE COMMAND…: runs the command and writes its wall-clock, user and system seconds to FILE.
timed() {
  local TIMEFORMAT='%3R %3U %3S' file=$1 status=0
  shift
  { time "$@" 2>&3; } 3>&2 2>"$file" || status=$?
  if [[ $status != 0 ]]; then
    say "exit code $status of: $*"
    return "$status"
  fi
  tr , . <"$file" >"$file.c" && mv "$file.c" "$file" # some locales write a decimal comma
}

# watched FILE PROGRAM…: runs the program and writes its peak resident size in MiB to FILE; null
# without /proc.
watched() {
  local file=$1 process status=0 peak=null now
  shift
  "$@" &
  process=$!
  while kill -0 "$process" 2>/dev/null; do
    now=$(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$process/status" 2>/dev/null) || now=
    peak=${now:-$peak}
    sleep 0.2
  done
  wait "$process" || status=$?
  echo "$peak" >"$file"
  return "$status"
}

# calculate EXPRESSION: evaluates it by awk.
calculate() { LC_ALL=C awk "BEGIN { print $1 }" </dev/null; }

# holds EXPRESSION: whether it is true.
holds() { [[ $(calculate "($1) ? 1 : 0") == 1 ]]; }

# median: prints the median of the numbers on standard input.
median() { sort -g | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }

# Builds first, so that measurements do not include the launcher's build.
built() { halfstep --version >/dev/null; }

# Compiles src/bench/java.
kernels() { (cd "$root" && ./mvnw -q -B -pl src/bench -am test-compile -Dchecks=off >&2); }

# compiled_kernel CLASS ARGUMENT…: runs a benchmark class from there; JOPT has options of the virtual machine.
compiled_kernel() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx3g -XX:+UseParallelGC ${JOPT:-} \
    -cp "$root/src/bench/target/test-classes:$(<"$root/src/bench/target/classpath")" "$@"
}

# kernel CLASS ARGUMENT…: compiles and runs it.
kernel() {
  kernels
  compiled_kernel "$@"
}

# cli_tests CLASS ARGUMENT…: runs a class that is among the tests of the command line.
cli_tests() {
  local classes='' module
  cd "$root"
  ./mvnw -q -B -pl src/cli -am test-compile -Dchecks=off >&2
  for module in cli service core; do
    classes+=$root/src/$module/target/test-classes:$root/src/$module/target/classes:
  done
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -Xmx3g -XX:+UseParallelGC -cp "$classes$root/src/cli/target/lib/*" "$@"
}

# scratch: creates $folder, which is deleted when the script ends.
scratch() {
  folder=$(mktemp -d "${TMPDIR:-/tmp}/halfstep-bench.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
}
