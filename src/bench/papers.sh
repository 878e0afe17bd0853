#!/usr/bin/env bash
# The tables of the papers on AdaRound (tables 1 to 7, figures 1 and 3) and of the white paper (its pipeline, its training) on the
# bundled networks, with 1024 images without labels: top-1 accuracy on the test set, beside the papers' figures. What
# is learned from random batches has three seeds: mean ± standard deviation.
#
#   papers.sh [TABLE…]
#
#   TABLE   only these: 1 (with figure 1), 2, 3, 4, 5, 6, images (figure 3), 7, pipeline, finetuning. Default: all.
#
# Prints tables in Markdown, and the seconds that each took to the standard error output. src/site/papers.md
# keeps the results.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ ${1:-} != -h && ${1:-} != --help ]] || { usage; exit; }
JOPT=-Xmx5g kernel io.halfstep.papers.PapersBench "$examples" "$@"
