#!/usr/bin/env bash
# How many passes of the float model a whole job takes: its seconds divided by those of one pass of ONNX Runtime over the
# same samples, with all optimizations and as many threads. 4-bit weights, 8-bit activations, the default plan. Each
# measurement is a process of its own; jobs and passes take turns.
#
#     src/bench/passes.sh [--rounds N] [--threads N] MODEL SAMPLES DATA [NORMALIZATION]
#
#     src/bench/passes.sh resnet14       # the bundled networks, with 1024 bundled images
#     src/bench/passes.sh mobilenetv2
#
# Prints the phases of each job and each pass as JSON (start: from the start of the virtual machine to the first
# progress; observe, round, finish, export), then the ratio of the medians. The default is 3 rounds and 2 threads.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

rounds=3 threads=2
while [[ ${1:-} == -* ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --rounds) rounds=$2 ;;
    --threads) threads=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done
case ${1:-} in
  resnet14 | mobilenetv2) set -- "$examples/$1.onnx" 1024 "$examples/calibration.npz:images" "$normalize" ;;
esac
[[ $# -ge 3 ]] || die "expected MODEL SAMPLES DATA, or the name of a bundled network; see --help"

scratch
kernels
for ((round = 1; round <= rounds; round++)); do
  for what in job float; do
    line=$(compiled_kernel io.halfstep.PassesBench "$what" "$threads" "$@")
    printf '%s\n' "$line"
    if [[ $what == job ]]; then field all "$line"; else field pass "$line"; fi >>"$folder/$what"
    echo >>"$folder/$what"
  done
done
job=$(median <"$folder/job") pass=$(median <"$folder/float")
printf '{"job_s": %.2f, "pass_s": %.3f, "passes": %.1f}\n' "$job" "$pass" "$(calculate "$job / $pass")"
