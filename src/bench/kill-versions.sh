#!/usr/bin/env bash
# SIGKILL while a job publishes a version, removes samples and versions that it no longer needs, or is rolled back,
# in turn, at a random moment of each. After every restart each version that the job keeps must be what `halfstep
# quantize` makes of its samples, byte for byte, with all its files; an answered roll back must hold; and nothing else
# may be left of versions. Prints a JSON line for each kill. The exit code is 1 if a requirement is missed.
#
#     src/bench/kill-versions.sh [--kills N] [--seed N]
#
# The default is 60 kills, seed 1: some minutes.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

kills=60 seed=1
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --kills) kills=$2 ;;
    --seed) seed=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done

scratch
cli_tests io.halfstep.cli.VersionKills "$folder" "$kills" "$seed"
