#!/usr/bin/env bash
# Large networks: ResNet-18, MobileNet-V2, Inception-V3 and DeepLab-V3 (ResNet-50) of torchvision with
# random weights, each exported to ONNX, quantized with some images and executed in ONNX Runtime on 8 others.
#
#   torchvision.sh [--models DIR] [--images N] [NETWORK]… [-- OPTION OF quantize…]
#
#   NETWORK        resnet18, mobilenet_v2, inception_v3, deeplabv3_resnet50 (default: all)
#   --models DIR   keeps the exported networks in DIR, and reuses those already there
#   --images N     number of images for quantization (default: 8)
#   OPTION         default: --weights 4
#
# Needs PyTorch and torchvision; without them it says so and exits with 0:
#   apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx
# PYTHON names the interpreter (default: /usr/bin/python3, where Debian's PyTorch is).
#
# The paper's own task, at its size, in 4 GiB of heap:
#   HALFSTEP_OPTS=-Xmx4g src/bench/torchvision.sh --images 1024 resnet18 -- --weights 4 --activations float
#
# Prints a JSON line for each network: layers; images; seconds (wall clock), cpu (user and system seconds) and
# peak_rss_mib of the whole 'quantize'; mean_ratio (the mean over the layers of L/L(nearest)); bytes and
# float_bytes of the files; agreement and sqnr_db of the outputs with the float network's on the 8 other
# images.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=${PYTHON:-/usr/bin/python3} models='' images=8 networks=() options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --models) [[ $# -gt 1 ]] || die "--models needs a folder"; models=$2; shift ;;
    --images) [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "--images needs a number"; images=$2; shift ;;
    --) shift; options=("$@"); break ;;
    -*) die "$1: no such option; see --help" ;;
    *) networks+=("$1") ;;
  esac
  shift
done
[[ ${#networks[@]} -gt 0 ]] || networks=(resnet18 mobilenet_v2 inception_v3 deeplabv3_resnet50)
[[ ${#options[@]} -gt 0 ]] || options=(--weights 4)
if ! "$python" -c 'import torch, torchvision, onnx' 2>/dev/null; then
  say "skipped: $python has no torch, torchvision or onnx; apt-get install -y --no-install-recommends python3-torch python3-torchvision python3-onnx"
  exit 0
fi

scratch
built
models=${models:-$folder}
for network in "${networks[@]}"; do
  model=$models/$network-$images
  [[ -f $model-test.npy ]] || "$python" "$root/src/bench/export_torchvision.py" "$models" "$network" --images "$images" >&2
  timed "$folder/time" watched "$folder/peak" "$root/halfstep" quantize "$model.onnx" --data "$model.npy" \
    "${options[@]}" --out "$folder/quantized.onnx" --json --quiet >"$folder/quantize.json"
  halfstep evaluate "$model.onnx" "$folder/quantized.onnx" --data "$model-test.npy" --json >"$folder/evaluate.json"
  "$python" - "$network" "$folder" "${options[*]}" "$images" <<'END'
import json, sys

network, folder, options, images = sys.argv[1:]


def read(name):
    with open(f"{folder}/{name}") as file:
        return file.read()


wall, user, system = map(float, read("time").split())
quantized = json.loads(read("quantize.json"))
model = json.loads(read("evaluate.json"))["models"][1]
print(json.dumps({
    "model": network, "options": options, "layers": len(quantized["layers"]), "images": int(images),
    "seconds": wall, "cpu": round(user + system, 2), "peak_rss_mib": json.loads(read("peak")),
    "mean_ratio": round(quantized["mean_ratio"], 4), "bytes": quantized["bytes"],
    "float_bytes": quantized["float_bytes"], "agreement": model["agreement"],
    "sqnr_db": round(model["sqnr_db"]["logits"], 2)}), flush=True)
END
done
