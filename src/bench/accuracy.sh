#!/usr/bin/env bash
# Accuracy of the bundled networks after quantization: every setting with a requirement, and rounding to nearest for
# comparison, with 1024 calibration images and the whole test set (10 000 images). Those named *-no-data are without
# calibration images, those named *-synthetic with synthetic ones.
#
#   accuracy.sh [--list] [--samples N] [--keep FOLDER] [MODEL/SETTING…]
#
#   MODEL/SETTING   only these; patterns such as 'resnet14/w3*'. Default: all.
#   --list          only list the settings with their requirements and options
#   --samples N     calibrate on the first N images only
#   --keep FOLDER   keep the quantized models in this folder
#
# Prints a JSON line for each setting: model, setting, top1 (%), mean_ratio (the mean over the layers of L/L(nearest)),
# seconds (wall clock of the whole command), bytes, huffman_bytes (the weights of layers if Huffman coded),
# spooled_bytes, required (lower bound of top1, upper bound of
# everything else) and met; if required also student_gap, the difference of top1 in points between all of ONNX
# Runtime's optimizations, which use the integer kernels of this processor, and none, which computes in float. The exit
# code is 1 if a requirement is missed.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

settings() {
  cat <<END
resnet14    w4                top1=92.0,mean_ratio=0.335,bytes=143348 --weights 4 --activations float
resnet14    w3                top1=91.8 --weights 3 --activations float
resnet14    w3-mixed          top1=92.04 --budget bits=3 --activations float
resnet14    w3-mixed-hessian  - --budget bits=3 --activations float --sensitivity hessian-trace
resnet14    w3-mixed-fisher   - --budget bits=3 --activations float --sensitivity fisher
resnet14    drop-db           - --max-drop 0.5dB
resnet14    drop-percent      - --max-drop 1%
resnet14    bops-w4a4         - --budget bops=322942976
resnet14    bops-w4a4-weights - --budget bops=322942976 --activations 8
resnet14    w3-samples        - --weights 3 --activations float --rounding lattice-samples
resnet14    w3-nearest        - --weights 3 --activations float --rounding nearest
resnet14    w2                top1=91.6 --weights 2 --activations float
resnet14    w2-best           top1=91.7 --weights 2 --activations float --effort best
resnet14    w2-samples        - --weights 2 --activations float --rounding lattice-samples
resnet14    w2-symmetric      top1=89.8 --weights 2 --activations float --weight-grid symmetric
resnet14    w4-parallel       top1=91.9,spooled_bytes=0 --weights 4 --activations float --schedule parallel
resnet14    w4a8              top1=91.9 --weights 4 --activations 8
resnet14    w4a8-best         top1=92.14 --weights 4 --activations 8 --effort best
resnet14    w8a8              student_gap=0.05 --weights 8 --activations 8
resnet14    w8a8-integers     top1=92.09,student_gap=0.05 --weights 8 --activations 8 --quantize all
resnet14    w4-tensor         top1=92.0 --weights 4 --activations float --granularity tensor
resnet14    w3-tensor         top1=91.6 --weights 3 --activations float --granularity tensor
resnet14    w3-tensor-nearest - --weights 3 --activations float --granularity tensor --rounding nearest
resnet14    w4a4              - --weights 4 --activations 4
resnet14    w4a4-ends8        - --weights 4 --activations 4 --plan $root/src/bench/first-and-last.conf
resnet14    w3a3-ends8        - --weights 3 --activations 3 --plan $root/src/bench/first-and-last.conf
resnet14    w4a4-blocks       - --weights 4 --activations 4 --learn blocks --plan $root/src/bench/first-and-last.conf
resnet14    w4a4-network      top1=91.9 --weights 4 --activations 4 --learn network --plan $root/src/bench/first-and-last.conf
resnet14    w3a3-blocks       top1=91.5 --weights 3 --activations 3 --learn blocks --plan $root/src/bench/first-and-last.conf
resnet14    w2a4-ends8        - --weights 2 --activations 4 --plan $root/src/bench/first-and-last.conf
resnet14    w2a4-network      top1=91.6 --weights 2 --activations 4 --learn network --plan $root/src/bench/first-and-last.conf
resnet14    w2a2-ends8        - --weights 2 --activations 2 --plan $root/src/bench/first-and-last.conf
resnet14    w2a2-network      top1=89.5 --weights 2 --activations 2 --learn network --plan $root/src/bench/first-and-last.conf
resnet14    w2-network        - --weights 2 --activations float --learn network
resnet14    w4a4-samples      top1=91.6 --weights 4 --activations 4 --rounding lattice-samples --ranges weights=mse,activations=lp:1.5
resnet14    w8a8-no-data      top1=91.94 --weights 8 --activations 8 --bias-correction analytic
resnet14    w4a8-no-data      - --weights 4 --activations 8
resnet14    w4a8-nearest-corrected-no-data  - --weights 4 --activations 8 --rounding nearest --bias-correction analytic
resnet14    w3-no-data        - --weights 3 --activations float
resnet14    w8a8-synthetic    top1=92.04 --weights 8 --activations 8
resnet14    w4a8-synthetic    top1=91.24 --weights 4 --activations 8
resnet14    w4a4-synthetic    - --weights 4 --activations 4
resnet14    w3-synthetic      - --weights 3 --activations float
mobilenetv2 w8a8-no-data      - --weights 8 --activations 8 --bias-correction analytic
mobilenetv2 w8a8-tensor-equalized-corrected-no-data - --weights 8 --activations 8 --granularity tensor --equalize clip --absorb-bias --bias-correction analytic
mobilenetv2 w4-no-data        - --weights 4 --activations float
mobilenetv2 w4-nearest-corrected-no-data    - --weights 4 --activations float --rounding nearest --bias-correction analytic
mobilenetv2 w8a8-synthetic    - --weights 8 --activations 8
mobilenetv2 w4a8-synthetic    - --weights 4 --activations 8
mobilenetv2 w4a4-synthetic    - --weights 4 --activations 4
mobilenetv2 w4a8              top1=89.9 --weights 4 --activations 8
mobilenetv2 w4a4              top1=88.2 --weights 4 --activations 4
mobilenetv2 w4a4-ends8        - --weights 4 --activations 4 --plan $root/src/bench/first-and-last.conf
mobilenetv2 w4a4-network      top1=89.2 --weights 4 --activations 4 --learn network --plan $root/src/bench/first-and-last.conf
mobilenetv2 w2a4-network      - --weights 2 --activations 4 --learn network --plan $root/src/bench/first-and-last.conf
mobilenetv2 w2-network        - --weights 2 --activations float --learn network
mobilenetv2 w4a4-equalized    - --weights 4 --activations 4 --equalize clip
mobilenetv2 w4                top1=89.8 --weights 4 --activations float
mobilenetv2 w4-nearest        - --weights 4 --activations float --rounding nearest
mobilenetv2 w3                - --weights 3 --activations float
mobilenetv2 w3-mixed          - --budget bits=3 --activations float
mobilenetv2 w3-mixed-hessian  - --budget bits=3 --activations float --sensitivity hessian-trace
mobilenetv2 w3-mixed-fisher   - --budget bits=3 --activations float --sensitivity fisher
mobilenetv2 drop-db           - --max-drop 0.5dB
mobilenetv2 drop-percent      - --max-drop 2%
mobilenetv2 bops-w4a4         - --budget bops=46114560
mobilenetv2 bops-w4a4-weights - --budget bops=46114560 --activations 8
mobilenetv2 w3-samples        - --weights 3 --activations float --rounding lattice-samples
mobilenetv2 w2                - --weights 2 --activations float
mobilenetv2 w4-tensor-nearest               - --weights 4 --activations float --granularity tensor --rounding nearest
mobilenetv2 w4-tensor-nearest-corrected     - --weights 4 --activations float --granularity tensor --rounding nearest --bias-correction empirical
mobilenetv2 w4-tensor-equalized-nearest     - --weights 4 --activations float --granularity tensor --equalize clip --rounding nearest
mobilenetv2 w4-tensor-equalized-nearest-corrected - --weights 4 --activations float --granularity tensor --equalize clip --rounding nearest --bias-correction empirical
mobilenetv2 w4-tensor-equalized-corrected   - --weights 4 --activations float --granularity tensor --equalize clip --bias-correction empirical
mobilenetv2 w4-tensor                       - --weights 4 --activations float --granularity tensor
mobilenetv2 w4-tensor-equalized             top1=89.5 --weights 4 --activations float --granularity tensor --equalize clip
mobilenetv2 w4-nearest-output-mse           - --weights 4 --activations float --rounding nearest --ranges weights=output-mse,activations=mse
mobilenetv2 w8a8-tensor       - --weights 8 --activations 8 --granularity tensor
mobilenetv2 w8a8-tensor-equalized top1=90.0 --weights 8 --activations 8 --granularity tensor --equalize clip
mobilenetv2 w8a8              student_gap=0.05 --weights 8 --activations 8
mobilenetv2 w8a8-integers     student_gap=0.05 --weights 8 --activations 8 --quantize all
mobilenetv2 w2-samples        - --weights 2 --activations float --rounding lattice-samples
resnet14    codebook4         - --weights 4 --activations float --weight-levels codebook
resnet14    codebook3         - --weights 3 --activations float --weight-levels codebook
resnet14    codebook2         - --weights 2 --activations float --weight-levels codebook
resnet14    power-of-two4     - --weights 4 --activations float --weight-levels power-of-two
resnet14    ternary           - --activations float --weight-levels ternary
resnet14    binary            - --activations float --weight-levels binary
resnet14    binary2           - --activations float --weight-levels binary:2
resnet14    product2          - --weights 6 --activations float --weight-levels product:2
mobilenetv2 codebook4         - --weights 4 --activations float --weight-levels codebook
mobilenetv2 codebook3         - --weights 3 --activations float --weight-levels codebook
mobilenetv2 codebook2         - --weights 2 --activations float --weight-levels codebook
mobilenetv2 power-of-two4     - --weights 4 --activations float --weight-levels power-of-two
mobilenetv2 ternary           - --activations float --weight-levels ternary
mobilenetv2 binary            - --activations float --weight-levels binary
mobilenetv2 binary2           - --activations float --weight-levels binary:2
mobilenetv2 product2          - --weights 6 --activations float --weight-levels product:2
END
}

# names: lists every MODEL/SETTING.
names() { settings | while read -r model setting _; do echo "$model/$setting"; done; }

# matches NAME PATTERN…: whether a pattern matches it.
matches() {
  local name=$1 pattern
  shift
  for pattern; do
    # shellcheck disable=SC2053 # a pattern
    [[ $name != $pattern ]] || return 0
  done
  return 1
}

# known PATTERN: whether it matches any setting.
known() {
  local name
  for name in $(names); do
    ! matches "$name" "$1" || return 0
  done
  return 1
}

# unmet REQUIRED JSON: lists the missed requirements.
unmet() {
  local requirement name limit value
  [[ $1 != - ]] || return 0
  for requirement in ${1//,/ }; do
    name=${requirement%=*} limit=${requirement#*=}
    value=$(field "$name" "$2") || value=null
    if [[ $value == null ]]; then
      printf ' %s is missing' "$name"
    elif [[ $name == top1 ]]; then
      holds "$value >= $limit" || printf ' top1 %s < %s' "$value" "$limit"
    else
      holds "$value <= $limit" || printf ' %s %s > %s' "$name" "$value" "$limit"
    fi
  done
}

# evaluate MODEL… [OPTION…]: evaluates on the whole test set.
evaluate() {
  halfstep evaluate "$@" --data "$examples/test.npz:images" --labels "$examples/test.npz:labels" \
    --normalize "$normalize" --json
}

# gap FILE TOP1: the difference to the model's top1 without optimizations.
gap() {
  local student
  student=$(field top1 "$(evaluate "$1" --optimization none)")
  calculate "sqrt(($2 - 100 * $student) ^ 2)"
}

# measure MODEL: quantizes with each selected setting, then evaluates all results together.
measure() {
  local model=$1 of setting required options i json rest top1 line name missed
  local settings=() requirements=() results=() files=() data
  while read -r of setting required options; do
    [[ $of == "$model" ]] && matches "$model/$setting" "${patterns[@]}" || continue
    files+=("$keep/$model.$setting.onnx")
    data=(--data "$examples/calibration.npz:images" ${samples:+--samples "$samples"})
    [[ $setting != *-no-data ]] || data=()
    [[ $setting != *-synthetic ]] || data=(--data synthetic)
    # shellcheck disable=SC2086 # options are words
    json=$(halfstep quantize "$examples/$model.onnx" "${data[@]}" \
      --normalize "$normalize" $options \
      --json --quiet --out "$keep/$model.$setting.onnx" </dev/null)
    say "$model/$setting: $(field seconds "$json") s, mean ratio $(field mean_ratio "$json")"
    settings+=("$setting") requirements+=("$required") results+=("$json")
  done < <(settings)
  [[ ${#settings[@]} -gt 0 ]] || return 0

  say "$model: evaluating"
  rest=$(evaluate "$examples/$model.onnx" "${files[@]}")
  say "$model/float: $(calculate "100 * $(field top1 "$rest")") %"
  for i in "${!settings[@]}"; do
    rest=${rest#*\"top1\":}
    top1=$(calculate "100 * $(field top1 "$rest")")
    line="\"model\":\"$model\",\"setting\":\"${settings[i]}\",\"top1\":$top1"
    for name in mean_ratio seconds bytes huffman_bytes spooled_bytes; do
      line+=",\"$name\":$(field "$name" "${results[i]}" || echo null)"
    done
    [[ ${requirements[i]} != *student_gap* ]] || line+=",\"student_gap\":$(gap "${files[i]}" "$top1")"
    missed=$(unmet "${requirements[i]}" "$line")
    [[ -z $missed ]] || { say "$model/${settings[i]}:$missed"; failed=1; }
    required=$(sed -E 's/^-$//; s/([a-z0-9_]+)=/"\1":/g' <<<"${requirements[i]}")
    printf '{%s,"required":{%s},"met":%s}\n' "$line" "$required" "$([[ -n $missed ]] && echo false || echo true)"
  done
}

patterns=() samples='' keep='' failed=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --list) settings; exit ;;
    --samples | --keep) [[ $# -gt 1 ]] || die "$1 needs a value"; printf -v "${1#--}" %s "$2"; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) known "$1" || die "$1: fits no setting; --list names them"; patterns+=("$1") ;;
  esac
  shift
done
[[ ${#patterns[@]} -gt 0 ]] || patterns=('*')
if [[ -n $keep ]]; then
  mkdir -p "$keep"
else
  scratch
  keep=$folder
fi

built
for model in resnet14 mobilenetv2; do
  measure "$model"
done
exit "$failed"
