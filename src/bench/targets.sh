#!/usr/bin/env bash
# Whether quantization for each target is at least as good as plain rounding to nearest: SQNR of the outputs of the
# bundled networks on the whole test set (10 000 images), with the target's defaults and 1024 calibration images.
#
#   targets.sh [--samples N] [--test N] [MODEL/TARGET…]
#
#   MODEL/TARGET   only these; patterns such as 'resnet14/*'. Default: all
#   --samples N    calibrate on the first N images only
#   --test N       compare on the first N test images only
#
# Prints a JSON line for each: model, target, sqnr_db, nearest_sqnr_db, met. Both files are executed without
# optimizations, as their runtimes would compute them. The exit code is 1 if rounding to nearest is better somewhere.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

patterns=() samples='' test='' failed=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --samples | --test) [[ $# -gt 1 ]] || die "$1 needs a value"; printf -v "${1#--}" %s "$2"; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) patterns+=("$1") ;;
  esac
  shift
done

# wanted NAME: whether a pattern matches it.
wanted() {
  local pattern
  for pattern in "${patterns[@]:-*}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $1 != $pattern ]] || return 0
  done
  return 1
}

# quantized MODEL TARGET FILE OPTION…: quantizes for the target.
quantized() {
  local model=$1 target=$2 file=$3
  shift 3
  halfstep quantize "$examples/$model.onnx" --data "$examples/calibration.npz:images" \
    ${samples:+--samples "$samples"} --normalize "$normalize" --target "$target" "$@" \
    --quiet --out "$file" </dev/null >/dev/null
}

# sqnrs MODEL FILE…: prints the SQNR of each file's output on the test set.
sqnrs() {
  local model=$1 json
  shift
  json=$(halfstep evaluate "$examples/$model.onnx" "$@" --data "$examples/test.npz:images" \
    ${test:+--samples "$test"} --normalize "$normalize" --optimization none --json </dev/null)
  for _; do
    json=${json#*\"changes\":}
    field logits "$json"
    echo
  done
}

built
scratch
for model in resnet14 mobilenetv2; do
  for target in onnxruntime-cpu onnxruntime-cpu-avx2 qnn tensorrt openvino generic-int8 weight-only; do
    wanted "$model/$target" || continue
    quantized "$model" "$target" "$folder/solved.onnx"
    quantized "$model" "$target" "$folder/nearest.onnx" --rounding nearest
    { read -r solved; read -r nearest; } < <(sqnrs "$model" "$folder/solved.onnx" "$folder/nearest.onnx")
    met=true
    holds "$solved >= $nearest" || met=false failed=1
    printf '{"model":"%s","target":"%s","sqnr_db":%s,"nearest_sqnr_db":%s,"met":%s}\n' \
      "$model" "$target" "$solved" "$nearest" "$met"
  done
done
exit "$failed"
