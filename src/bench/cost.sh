#!/usr/bin/env bash
# The cost of the lattice solver: seconds against the length K of the rows, their number, and the number of samples.
#
#   cost.sh
#
# Prints a JSON line for each problem (random, correlated inputs; weights at 4 bits): k, rows, positions (of the
# moments), effort, seconds (in the solver), ratio (L/L(nearest)).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# == 0 ]] || { usage; exit; }
kernel io.halfstep.rounding.lattice.CostBench
