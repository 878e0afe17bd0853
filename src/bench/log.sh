#!/usr/bin/env bash
# Samples per second that the log of live samples takes, synced to disk, from 16 producers that each wait for
# acknowledgement.
#
#   log.sh [SECONDS]
#
# Prints a JSON line for each size of sample and request. The log is under TMPDIR.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ ${1-} != -* ]] || { usage; exit; }
scratch
kernel io.halfstep.intake.SampleLogBench "$folder" "${1:-5}"
