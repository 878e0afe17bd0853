#!/usr/bin/env python3
"""Draws error against time from the JSON lines of rounding.sh: an SVG on standard output.

    src/bench/rounding.sh 'resnet14/*' >rounding.jsonl
    src/bench/plot_rounding.py rounding.jsonl >rounding.svg

A line may also come from elsewhere: what is read of each is solver, seconds and mean_ratio. Time is logarithmic;
solvers that take none (nearest, stochastic) are left out.
"""
import json
import math
import sys

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 20, 50


def main():
    with open(sys.argv[1]) as file:
        points = [json.loads(line) for line in file if line.strip()]
    points = [p for p in points if p["solver"] not in ("nearest", "stochastic")]
    low = math.floor(math.log10(min(p["seconds"] for p in points)))
    high = math.ceil(math.log10(max(p["seconds"] for p in points)))
    step = 0.02
    bottom = math.floor(min(p["mean_ratio"] for p in points) / step - 0.5) * step
    top = math.ceil(max(p["mean_ratio"] for p in points) / step + 0.5) * step

    def x(seconds):
        return LEFT + (math.log10(seconds) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(ratio):
        return HEIGHT - BOTTOM - (ratio - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="system-ui, sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>']
    for decade in range(low, high + 1):
        at = x(10 ** decade)
        out.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>'
                   f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#555">{10 ** decade:g}</text>')
    ticks = round((top - bottom) / step)
    for tick in range(ticks + 1):
        ratio = bottom + tick * step
        at = y(ratio)
        out.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#eee"/>'
                   f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#555">{ratio:.2f}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
               'seconds in the solver, all layers</text>')
    out.append(f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
               'mean L / L(nearest)</text>')
    for point in points:
        at, level = x(point["seconds"]), y(point["mean_ratio"])
        colour = "#1f6feb" if point["solver"].startswith(("lattice", "exact")) else "#8b5e00"
        out.append(f'<circle cx="{at:.1f}" cy="{level:.1f}" r="5" fill="{colour}"/>'
                   f'<text x="{at + 9:.1f}" y="{level + 4:.1f}">{point["solver"]}</text>')
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    main()
