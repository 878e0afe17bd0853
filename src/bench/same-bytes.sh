#!/usr/bin/env bash
# Checks that two builds write the same bytes: quantizes the bundled models with both by the command lines below, and
# compares models, encodings, and the output of 'inspect'.
#
#   same-bytes.sh BEFORE [AFTER] [-- MODEL DATA]...
#
# BEFORE and AFTER are commits, or folders with a checkout; the default of AFTER is this checkout. Each MODEL is
# quantized like the bundled ones, from the samples in DATA. Prints a line for each command line, and fails if two
# files differ. SAMPLES (64) is the number of samples of each run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -ge 1 && $1 != -* ]] || { usage; exit 2; }
before=$1 after=$root
shift
[[ $# == 0 || $1 == -- ]] || { after=$1; shift; }
[[ $# == 0 ]] || shift
(($# % 2 == 0)) || die "each MODEL needs its DATA"

lines=(
  ""
  "--activations float"
  "--weights 8 --weight-grid asymmetric"
  "--weights 2"
  "--weights 3 --activations 16 --granularity tensor"
  "--granularity block:32"
  "--weights 8 --granularity block:16 --weight-grid asymmetric --activations float"
  "--weights 3 --weight-scales learned --seed 7"
  "--rounding nearest --ranges minmax"
  "--rounding nearest --ranges percentile:99.9"
  "--rounding nearest --ranges weights=percentile:99,activations=mse --weight-grid asymmetric"
  "--rounding stochastic --seed 3"
  "--rounding adaround --activations float"
  "--rounding lattice-samples --effort fast"
  "--rounding nearest --schedule parallel"
)

scratch
worktrees=()
leave() {
  local tree
  for tree in ${worktrees[@]+"${worktrees[@]}"}; do
    git -C "$root" worktree remove --force "$tree"
  done
  rm -rf "$folder"
}
trap leave EXIT

# checkout NAME WHAT: sets $checkout to a folder with the launcher.
checkout() {
  checkout=$2
  if [[ ! -d $2 ]]; then
    checkout=$folder/$1-source
    git -C "$root" worktree add --quiet --detach "$checkout" "$2" || die "$2 is neither a commit nor a folder"
    worktrees+=("$checkout")
  fi
  "$checkout/halfstep" --version >/dev/null
  mkdir "$folder/$1"
}

checkout before "$before"
before=$checkout
checkout after "$after"
after=$checkout

different=0
# compared MODEL DATA: compares both builds by all command lines.
compared() {
  local model=$1 data=$2 name number=0 line side
  name=$(basename "$model" .onnx)
  for side in before after; do
    "${!side}/halfstep" inspect "$model" --json >"$folder/$side/inspect"
  done
  same "$name: inspect" inspect
  for line in "${lines[@]}"; do
    number=$((number + 1))
    for side in before after; do
      # shellcheck disable=SC2086 # options are words
      "${!side}/halfstep" quantize "$model" --data "$data" $more --samples "${SAMPLES:-64}" --batch 32 --quiet \
        $line --out "$folder/$side/$name-$number.onnx" --encodings "$folder/$side/$name-$number.json"
    done
    same "$name: ${line:-no options}" "$name-$number.onnx" "$name-$number.json"
  done
}

# same WHAT FILE…: whether these files of both builds are equal.
same() {
  local what=$1 file verdict=same
  shift
  for file; do
    cmp -s "$folder/before/$file" "$folder/after/$file" || verdict=different different=1
    rm -f "$folder/before/$file" "$folder/after/$file"
  done
  printf '%-10s %s\n' "$verdict" "${what//"$folder/"/}"
}

# AdaRound as published takes minutes for a network, so only one layer uses it.
echo 'layers = [{ match = "/fc/Gemm", rounding = adaround-samples }]' >"$folder/samples.conf"
more="--normalize $normalize"
lines+=("--rounding nearest --plan $folder/samples.conf")
for model in resnet14 mobilenetv2; do
  compared "$examples/$model.onnx" "$examples/calibration.npz"
done
more=
unset 'lines[-1]'
while [[ $# -gt 0 ]]; do
  compared "$1" "$2"
  shift 2
done
exit "$different"
