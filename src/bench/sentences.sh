#!/usr/bin/env bash
# Measures how far quantization moves the embeddings of a sentence encoder. The sentences are those of this project's
# Javadoc: some for calibration, others for the measurement.
#
#   sentences.sh [--encoder NAME] [--sentences N] [--test N] [SETTING…]
#
#   SETTING         WEIGHTS/ACTIVATIONS/GRANULARITY/ROUNDING/SCHEDULE/EMBEDDINGS[/QUANTIZE[/LEARN[/EFFORT]]].
#                   Default: 4/8/channel, 4/float/block:32 and 8/8/channel, each with nearest/wave/8 and lattice/wave/8
#   --encoder NAME  bge-small-en-v1.5 (default), e5-small-v2 or all-minilm-l6-v2
#   --sentences N   sentences for calibration (default: 256)
#   --test N        other sentences for the measurement (default: 1000)
#
# Prints a line of JSON for each setting: cosine, the mean cosine between the float and the quantized network's
# embedding of a sentence; neighbour, the share of sentences whose nearest neighbour stays the same; mean_ratio, the
# mean over the layers of L/L(nearest); sqnr_db and nearest_sqnr_db, of the output on the samples held back; candidate,
# which weights were best on these; file_share, of the float file's size; seconds (wall clock).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

encoder=bge-small-en-v1.5 sentences=256 test=1000 settings=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --encoder) [[ $# -gt 1 ]] || die "$1 needs a value"; encoder=$2; shift ;;
    --sentences) [[ $# -gt 1 ]] || die "$1 needs a value"; sentences=$2; shift ;;
    --test) [[ $# -gt 1 ]] || die "$1 needs a value"; test=$2; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) settings+=("$1") ;;
  esac
  shift
done
[[ ${#settings[@]} -gt 0 ]] || settings=({4/8/channel,4/float/block:32,8/8/channel}/{nearest,lattice}/wave/8)
scratch
kernel io.halfstep.SentenceBench "$encoder" "$root/src" "$folder" "$sentences" "$test" "${settings[@]}"
