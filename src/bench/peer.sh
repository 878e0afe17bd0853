#!/usr/bin/env bash
# Compares Halfstep with the paper's AdaRound in PyTorch, one after the other, on the same network, images
# and grid: ResNet-14, 1024 images, weights at 4 bits per channel, float activations, every layer.
#
#   peer.sh [--layers N] [--iterations N] [PEER]
#
#   PEER             the peer, adaround_torch.py (or $PEER; default: ../shared/reference/adaround_torch.py
#                    beside the repository). It brings its data and needs PyTorch:
#                    apt-get install -y --no-install-recommends python3-torch python3-onnx libopenblas0-pthread
#   --layers N       the short form: only the first N layers of both; the others stay in float
#   --iterations N   the peer's iterations per layer (default: 10000, the paper's)
#
# PYTHON names the interpreter (default: /usr/bin/python3, where Debian's PyTorch is). Without the peer or
# PyTorch it says so and exits with 0. The full comparison takes the peer about a quarter of an hour on
# two cores, the short form with 3 layers two or three minutes.
#
# Prints a JSON line: for halfstep and the peer wall (seconds of the whole process: start of JVM or Python,
# reading, learning, and the peer's evaluation), cpu (user and system seconds), mean_ratio and top1 (%);
# for the peer also seconds, the time of quantization alone, without imports and evaluation, by its own
# clock. faster is this figure divided by halfstep's wall, which favours the peer. Then prints a line for
# each layer with both ratios L/L(nearest), each on its own scales. In the short form halfstep still
# streams the images through the whole network, so faster is smaller than in the full comparison.
# The exit code is 1 if Halfstep is not at least 20 times faster in the full comparison.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

peer=${PEER:-$root/../shared/reference/adaround_torch.py} layers=0 iterations=10000
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --layers | --iterations)
      [[ ${2-} =~ ^[1-9][0-9]*$ ]] || die "$1 needs a number"
      printf -v "${1#--}" %s "$2"
      shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) peer=$1 ;;
  esac
  shift
done
python=${PYTHON:-/usr/bin/python3}
skip() { say "skipped: $*"; exit 0; }
[[ -f $peer ]] || skip "no peer at $peer; name it as an argument or in PEER"
"$python" -c 'import torch, onnx' 2>/dev/null ||
  skip "$python has no torch or onnx; apt-get install -y --no-install-recommends python3-torch python3-onnx libopenblas0-pthread"

scratch
built
model=$examples/resnet14.onnx

# The plan of the short form: what comes after the first layers in the peer's order, which is that of
# execution (a shortcut after its block's other convolutions), is skipped.
in_order() {
  printf '/stem/Conv\n'
  local block
  for block in 0 1 2 3 4 5; do
    printf '/blocks/blocks.%d/conv%d/Conv\n' $block 1 $block 2
    [[ $block != [24] ]] || printf '/blocks/blocks.%d/down/down.0/Conv\n' $block
  done
  printf '/fc/Gemm\n'
}
{
  echo 'layers = ['
  [[ $layers == 0 ]] || in_order | sed -n "$((layers + 1)),\$s/.*/  { match = \"&\", skip = true }/p"
  echo ']'
} >"$folder/plan.conf"

say "halfstep"
timed "$folder/halfstep.time" halfstep quantize "$model" --data "$examples/calibration.npz:images" \
  --normalize "$normalize" --plan "$folder/plan.conf" --weights 4 --activations float --json --quiet \
  --out "$folder/halfstep.onnx" >"$folder/halfstep.json"
say "halfstep took $(<"$folder/halfstep.time") s (wall, user, system); the peer"
timed "$folder/peer.time" "$python" "$peer" --model "$model" --bits 4 --iterations "$iterations" \
  --layers "$layers" >"$folder/peer.json"
say "the peer took $(<"$folder/peer.time") s; evaluating"
halfstep evaluate "$model" "$folder/halfstep.onnx" --data "$examples/test.npz:images" \
  --labels "$examples/test.npz:labels" --normalize "$normalize" --json >"$folder/evaluate.json"

"$python" - "$folder" "$layers" "$iterations" <<'END'
import json, re, sys

folder, layers, iterations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def read(name):
    with open(f"{folder}/{name}") as file:
        return file.read()


def times(name):
    wall, user, system = map(float, read(name).split())
    return {"wall": round(wall, 2), "cpu": round(user + system, 2)}


def module(node):
    """The PyTorch name of a node: of /blocks/blocks.2/down/down.0/Conv, blocks.2.down."""
    return re.sub(r"^/(?:blocks/)?|/down\.0|/\w+$", "", node).replace("/", ".")


halfstep, peer = json.loads(read("halfstep.json")), json.loads(read("peer.json"))
float_model, quantized = (model["top1"] for model in json.loads(read("evaluate.json"))["models"])
ours = {module(layer["name"]): layer["ratio"] for layer in halfstep["layers"]}
if set(ours) != set(peer["ratios"]):
    sys.exit(f"peer.sh: halfstep quantized {sorted(ours)}, the peer {sorted(peer['ratios'])}")
a = {**times("halfstep.time"), "mean_ratio": round(halfstep["mean_ratio"], 4), "top1": round(100 * quantized, 2)}
b = {**times("peer.time"), "seconds": peer["seconds"], "mean_ratio": peer["mean_ratio"], "top1": round(peer["accuracy"], 2)}
faster = round(b["seconds"] / a["wall"], 1)
met = layers > 0 or iterations < 10000 or faster >= 20
print(json.dumps({
    "model": "resnet14", "layers": len(ours), "iterations": iterations, "float_top1": round(100 * float_model, 2),
    "halfstep": a, "peer": b, "faster": faster, "faster_cpu": round(b["cpu"] / a["cpu"], 1), "met": met}))
for name, ratio in peer["ratios"].items():
    print(json.dumps({"layer": name, "halfstep": round(ours[name], 4), "peer": ratio}))
sys.exit(not met)
END
