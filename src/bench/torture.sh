#!/usr/bin/env bash
# A stress test of the service: clients that submit, feed, pause, resume, seal, cancel and delete jobs at random;
# connections that never finish their header; a full disk, an unavailable journal, and SIGKILL, each at every phase
# of a job, including its publication. Afterwards the counts must be exact, each published model must equal that of
# `halfstep quantize` byte for byte, descriptors, threads and disk space must be back at their initial values, and
# no answer may have been a 500. Prints a JSON line for each part.
#
#     src/bench/torture.sh [--clients N] [--operations N] [--connections N] [--kills N] [--rounds N]
#
# The default is 8 clients, 10000 operations, 2000 connections, 20 kills, and 2 rounds of a full disk and of an
# outage at each of 5 moments: about half an hour. `--operations 800 --connections 600 --kills 5 --rounds 1` takes a
# few minutes. Needs Linux, root (to mount a small disk in memory) and Debian's postgresql. The exit code is 1 if a
# requirement is missed.
# shellcheck source=src/bench/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

clients=8 operations=10000 connections=2000 kills=20 rounds=2
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help) usage; exit ;;
    --clients) clients=$2 ;;
    --operations) operations=$2 ;;
    --connections) connections=$2 ;;
    --kills) kills=$2 ;;
    --rounds) rounds=$2 ;;
    *) die "$1: unknown; see --help" ;;
  esac
  shift 2
done
[[ $(id -u) == 0 ]] || die "needs root, to mount a small disk"
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || die "needs PostgreSQL (apt-get install postgresql)"

scratch
cli_tests io.halfstep.cli.Torture "$folder" "$clients" "$operations" "$connections" "$kills" "$rounds"
