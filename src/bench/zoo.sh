#!/usr/bin/env bash
# The zoo: networks that package registries carry or that torchvision builds, and small ones for each architecture and
# opset, quantized and executed in ONNX Runtime. src/site/zoo.md shows the results.
#
#   zoo.sh [--only NAME…] [--models DIR]    quantizes all networks, or some, at W8A8, W4A8 and W4 (float activations)
#   zoo.sh --list                           prints the networks' names
#   zoo.sh --markdown FILE                  prints FILE, the output of a run, as the table of src/site/zoo.md
#
#   --only NAME…    NAME may be a pattern: 'opset/*'
#   --models DIR    keeps the networks exported from torchvision in DIR, and reuses those already there
#
# Some networks need packages; without them it says so and goes on:
#   apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx libonnx-testdata
# PYTHON names the interpreter (default: /usr/bin/python3, where Debian's PyTorch is).
#
# Prints a line of JSON for each network and setting: layers that are quantized, float_layers; bytes and float_bytes of
# the files, share = bytes/float_bytes; the SQNR of the outputs (the lowest of several) in ONNX Runtime on samples that
# were not used for calibration, db for the default with --effort fast, nearest_db for rounding to nearest;
# agreement_db, how closely ONNX Runtime agrees with the calibration's own results; seconds for the default. Or
# failure, the message.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=${PYTHON:-/usr/bin/python3} models='' patterns=() images=32
torchvision=(resnet50 efficientnet_b0 mobilenet_v3_large densenet121 shufflenet_v2_x1_0 regnet_y_400mf convnext_tiny
  swin_t vit_small deeplabv3_mobilenet_v3)

all() { kernel io.halfstep.ZooBench --list && printf '%s\n' "${torchvision[@]}"; }

# chosen NAME: whether it fits a pattern.
chosen() {
  local pattern
  [[ ${#patterns[@]} -gt 0 ]] || return 0
  for pattern in "${patterns[@]}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $1 != $pattern ]] || return 0
  done
  return 1
}

while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --list) all; exit ;;
    --markdown) [[ $# -gt 1 ]] || die "$1 needs a file"; kernel io.halfstep.ZooTable "$(realpath "$2")"; exit ;;
    --models) [[ $# -gt 1 ]] || die "$1 needs a folder"; mkdir -p "$2"; models=$(realpath "$2"); shift ;;
    --only)
      while [[ $# -gt 1 && $2 != -* ]]; do patterns+=("$2"); shift; done
      [[ ${#patterns[@]} -gt 0 ]] || die "--only needs a name" ;;
    *) die "$1: no such option; see --help" ;;
  esac
  shift
done

names=()
while read -r name; do
  ! chosen "$name" || names+=("$name")
done < <(all)
[[ ${#names[@]} -gt 0 ]] || die "no network fits ${patterns[*]}; see --list"
[[ -d /usr/share/libonnx-testdata ]] ||
  say "skipped: the node tests of ONNX; apt-get install -y --no-install-recommends libonnx-testdata"

scratch
models=${models:-$folder}
for name in "${torchvision[@]}"; do
  [[ " ${names[*]} " == *" $name "* && ! -f $models/$name-$images-test.npy ]] || continue
  if ! "$python" -c 'import torch, torchvision, onnx' 2>/dev/null; then
    say "skipped: $python has no torch, torchvision or onnx; apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx"
    break
  fi
  "$python" -W ignore "$root/src/bench/export_torchvision.py" "$models" "$name" --images "$images" --test "$images" >&2 ||
    say "$name: the export failed"
done
# The rows of DeepLab's dilated convolutions have 8640 weights.
JOPT=-Xmx6g kernel io.halfstep.ZooBench "$root/src" "$models" "$folder" "${names[@]}"
