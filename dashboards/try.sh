#!/usr/bin/env bash
# Tests the dashboards: starts the service, a job with many versions, and Prometheus (Debian's package), waits for
# data, and runs the query of each panel. Prints a line for each; fails if a result is empty. Alerts and recording
# rules are evaluated, too. Takes about two minutes.
#
#   dashboards/try.sh [SECONDS]     how long the job runs before the queries, 75 by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-75}
for tool in prometheus curl python3; do
  command -v "$tool" >/dev/null || { echo "try.sh: $tool is missing (apt-get install $tool)" >&2; exit 2; }
done

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap cleanup EXIT

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
await() { # URL
  for _ in $(seq 300); do
    curl -sf -o "$work/answer" "$1" && return 0
    sleep 0.2
  done
  echo "try.sh: no answer from $1" >&2
  tail -n 5 "$work"/*.log >&2
  return 1
}

port=$(free_port)
./halfstep serve --state "$work/state" --port "$port" >"$work/serve.log" 2>&1 &
pids+=($!)
export HALFSTEP_URL=http://127.0.0.1:$port
await "$HALFSTEP_URL/v2/health/ready"

prometheus_port=$(free_port)
mkdir "$work/prometheus"
cp dashboards/prometheus/*.yml "$work/prometheus"
sed -i -e "s/127.0.0.1:8620/127.0.0.1:$port/" -e 's/\(scrape\|evaluation\)_interval: .*/\1_interval: 1s/' \
  "$work/prometheus/prometheus.yml"
prometheus --config.file="$work/prometheus/prometheus.yml" --storage.tsdb.path="$work/data" \
  --web.listen-address="127.0.0.1:$prometheus_port" --log.level=warn >"$work/prometheus.log" 2>&1 &
pids+=($!)
await "http://127.0.0.1:$prometheus_port/-/ready"

data=src/examples/fashion-mnist
./halfstep submit "$data/resnet14.onnx" --samples 256 --versions 0 --normalize mean=0.2860,std=0.3530,scale=255
(
  round=0
  while round=$((round + 1)); do
    ./halfstep feed resnet14-1 --data "$data/calibration.npz" --samples 256 --producer "round-$round" \
      >>"$work/feed.log" 2>&1 || true
  done
) &
pids+=($!)
sleep "$seconds"

curl -sf -o "$work/scrape" -w 'scrape: %{size_download} bytes in %{time_total} s\n' "$HALFSTEP_URL/metrics"
promtool check metrics <"$work/scrape"

python3 - "http://127.0.0.1:$prometheus_port" <<'PY'
import glob, json, sys, urllib.parse, urllib.request

def ask(path, **query):
    url = f"{sys.argv[1]}/api/v1/{path}?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)["data"]

empty = 0
for file in sorted(glob.glob("dashboards/grafana/dashboards/*.json")):
    board = json.load(open(file))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in (("$__rate_interval", "30s"), ("$instance", ".+"), ("$job_id", ".+")):
                query = query.replace(name, value)
            # any value during the run counts, except NaN
            found = ask("query", query=f"max_over_time(({query})[3m:1s])")["result"]
            series = sum(result["value"][1] != "NaN" for result in found)
            empty += series == 0
            print(f"{'ok   ' if series else 'EMPTY'} {series:4d}  {board['uid']} | {panel['title']} | {query}")

failed = [r["name"] for g in ask("rules")["groups"] for r in g["rules"] if r["health"] not in ("ok", "unknown")]
firing = [a["labels"]["alertname"] for a in ask("alerts")["alerts"] if a["state"] == "firing"]
print(f"rules that fail: {failed or 'none'}; alerts that fire: {firing or 'none'}; empty queries: {empty}")
sys.exit(1 if empty or failed else 0)
PY
