#!/usr/bin/env bash
# Coverage-guided fuzzing, by Jazzer, of everything that parses the bytes of strangers: the methods with @FuzzTest
# in src/bench/java. An input fails if the parser throws an exception that it does not document, takes more than a
# second or 256 MiB for at most 64 KiB, leaves a session, a file or memory open, or ends the process. A request
# fails if its answer is 500, takes more than a second of work or tells of the service's files, or if it leaves an error
# in the log, a file open, or a file that belongs to no job.
#
#     src/bench/fuzz.sh [--inputs N] [--seed N] [TARGET…]
#
# The default is 1000000 inputs over all targets, most of them for the fast ones, and seed 1. Prints a line for each
# target: its inputs, inputs per second, crashes, the slowest input in seconds, and the peak memory in MiB. What
# was learned is kept in src/bench/target/fuzz/TARGET for the next time; a failing input is beside it. The exit code
# is 1 if there is one.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A target's class and share of the inputs.
declare -A classes shares
target() { classes[$1]=io.halfstep.$2 shares[$1]=$3; }
target json http.RequestFuzzTest 180
target route http.RoutesFuzzTest 20
target upload http.RoutesFuzzTest 20
target wire http.RoutesFuzzTest 20
target kafka intake.MessageFuzzTest 130
target record intake.MessageFuzzTest 230
target form wire.FormsFuzzTest 180
target plan plan.PlanFuzzTest 20
target configuration service.settings.SettingsFuzzTest 20
target aimet encodings.EncodingsFuzzTest 20
target npy source.SampleFileFuzzTest 20
target npz source.SampleFileFuzzTest 20
target pb source.SampleFileFuzzTest 40
target picture source.SampleFileFuzzTest 20
target file model.ModelFuzzTest 20
target opset model.ModelFuzzTest 20
target graph model.ModelFuzzTest 20

inputs=1000000 seed=1 targets=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --inputs) inputs=$2; shift ;;
    --seed) seed=$2; shift ;;
    -*) die "$1: unknown; see --help" ;;
    *) [[ -v classes[$1] ]] || die "$1: expected one of ${!classes[*]}"; targets+=("$1") ;;
  esac
  shift
done
[[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(printf '%s\n' "${!classes[@]}" | sort)
total=0
for name in "${targets[@]}"; do total=$((total + shares[$name])); done

# stat NAME LOG: prints a statistic of libFuzzer; ? if the process ended without it.
stat() { awk -v name="stat::$1:" '$1 == name { found = $2 } END { print found == "" ? "?" : found }' "$2"; }

kernels
status=0
printf '%-14s %10s %9s %8s %10s %7s\n' target inputs inputs/s crashes slowest/s MiB
for name in "${targets[@]}"; do
  folder=$root/src/bench/target/fuzz/$name
  mkdir -p "$folder/corpus"
  crashes=0
  JOPT="-Djava.io.tmpdir=$folder" compiled_kernel com.code_intelligence.jazzer.Jazzer \
    --target_class="${classes[$name]}" --target_method="$name" --reproducer_path="$folder" \
    --instrumentation_includes='io.halfstep.**:com.fasterxml.jackson.core.**:com.typesafe.config.**' \
    --instrumentation_excludes=io.halfstep.http.FuzzedService \
    --custom_hook_excludes=io.halfstep.http.FuzzedService \
    -artifact_prefix="$folder/" -runs=$((inputs * shares[$name] / total)) -seed="$seed" \
    -max_len=65536 -max_total_time=0 -timeout=30 -rss_limit_mb=4096 -print_final_stats=1 "$folder/corpus" \
    >"$folder/log" 2>&1 || crashes=1 status=1
  printf '%-14s %10s %9s %8s %10s %7s\n' "$name" "$(stat number_of_executed_units "$folder/log")" \
    "$(stat average_exec_per_sec "$folder/log")" "$crashes" "$(stat slowest_unit_time_sec "$folder/log")" \
    "$(stat peak_rss_mb "$folder/log")"
  [[ $crashes == 0 ]] || grep -aE '^== |^Caused by|AssertionError' "$folder/log" | head -n 3 >&2 || true
done
exit "$status"
