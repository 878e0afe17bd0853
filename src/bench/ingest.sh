#!/usr/bin/env bash
# Samples per second that the service takes, each durable before it is acknowledged, while a calibration is
# running: images of 784 bytes in requests of one (first in a service just started, then again) and of 32, and images of
# 150 kB. Prints one JSON line each, with the share of the running calibration that was done meanwhile.
#
#     src/bench/ingest.sh [--seconds N] [--connections N]
#
# The default is 20 seconds each, over 32 connections. PORT as for kill.sh.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=src/bench/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

seconds=20 connections=32
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --seconds) seconds=$2 ;;
    --connections) connections=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done

built
load_built
bench_service
serve serve
large_model "$folder/large.onnx"
halfstep submit "$folder/large.onnx" --name large --samples 1000000 --normalize scale=255 >/dev/null

# The jobs that receive samples calibrate too, each from its first sample on. Another job is in the middle of
# its calibration.
busy=$(submitted busy 1024)
halfstep feed "$busy" --data "$examples/calibration.npz" --samples 1000 >/dev/null
submitted small 1000000 >/dev/null
curl -sf -X POST -H "Halfstep-Client: bench" "$HALFSTEP_URL/jobs/$busy/seal" >/dev/null
done_share() { field share "$(job "$busy")" || echo 1; }
for shape in small:1,1,28,28 small:1,1,28,28 small:32,1,28,28 large:1,3,224,224 large:8,3,224,224; do
  before=$(done_share)
  outcome=$(load "${shape%:*}" image "${shape#*:}" "$connections" "$seconds" 0)
  printf '{"shape": "%s", "calibrated": %.3f, "load": %s}\n' "${shape#*:}" \
    "$(calculate "$(done_share) - $before")" "$outcome"
done
