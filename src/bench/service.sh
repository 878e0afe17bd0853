# Common functions of the service's benchmarks. To be sourced after common.sh.
# shellcheck shell=bash

# serve NAME [JVM OPTION]…: starts a service on $folder/state and $port, with $folder/service.conf, and waits
# until it is ready. $service is its process, NAME.log its output.
serve() {
  local name=$1
  shift
  HALFSTEP_OPTS="${HALFSTEP_OPTS:-} $*" "$root/halfstep" serve --state "$folder/state" --port "$port" \
    --config "$folder/service.conf" >>"$folder/$name.log" 2>&1 &
  service=$!
  until curl -sf "$HALFSTEP_URL/v2/health/ready" >/dev/null; do
    kill -0 "$service" 2>/dev/null || { tail "$folder/$name.log" >&2; die "the service has ended"; }
    sleep 0.05
  done
}

# submitted NAME SAMPLES: submits the bundled ResNet-14; prints the job's id once it takes samples.
submitted() {
  local job
  job=$(halfstep submit "$examples/resnet14.onnx" --name "$1" --samples "$2" --normalize "$normalize")
  until curl -sf "$HALFSTEP_URL/v2/models/$1/ready" >/dev/null; do sleep 0.05; done
  echo "$job"
}

# job ID: prints its state in JSON; nothing while the service is down.
job() { curl -sf "$HALFSTEP_URL/jobs/$1" || true; }

# newest ID: prints the number of the job's newest version; 0 if there is none.
newest() {
  local state
  state=$(job "$1" | sed 's/.*"versions":\[.*{"version"/{"version"/')
  [[ $state == '{"version"'* ]] && field version "$state" || echo 0
}

# mb FILE…: prints their size on disk in MB; a file may disappear meanwhile.
mb() { { du -scB1 "$@" 2>/dev/null || true; } | awk 'END { printf "%.1f", $1 / 1e6 }'; }

# metric PATTERN UNIT: prints the sum of the metrics whose lines begin so, divided by the unit.
metric() {
  curl -sf "$HALFSTEP_URL/metrics" | LC_ALL=C awk -v of="^$1" -v unit="$2" \
    '$0 ~ of { sum += $NF } END { printf "%.2f", sum / unit }'
}

# completed ID: waits for the job's end, ten minutes at most.
completed() {
  local end=$((SECONDS + 600))
  until [[ $(job "$1") == *'"status":"completed"'* ]]; do
    ((SECONDS < end)) || die "does not end: $(job "$1")"
    [[ $(job "$1") != *'"status":"failed"'* ]] || die "failed: $(job "$1")"
    sleep 0.1
  done
}

# bench_service: creates a folder and chooses a free port; a service started later ends with the script.
bench_service() {
  scratch
  port=${PORT:-8650}
  ! curl -s "http://127.0.0.1:$port/" >/dev/null || die "port $port is in use; set PORT"
  export HALFSTEP_URL=http://127.0.0.1:$port
  service=
  trap '[[ -z $service ]] || kill -9 "$service" 2>/dev/null; rm -rf "$folder"' EXIT
  : >"$folder/service.conf"
}

# load_built: compiles the load generator, one of the tests' classes.
load_built() {
  mkdir -p "$root/target/bench"
  javac -d "$root/target/bench" "$root"/src/cli/src/test/java/io/halfstep/cli/Load.java
}

# load MODEL INPUT SHAPE CONNECTIONS SECONDS RATE: offers samples; prints the outcome in JSON.
load() { java -XX:+UseSerialGC -cp "$root/target/bench" io.halfstep.cli.Load "$port" "$@"; }

# large_model FILE: writes a model of one small convolution over images of 150 kB.
large_model() { java -cp "$root/src/cli/target/lib/*" "$root/src/bench/LargeModel.java" "$1"; }
