#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   tests/window/run.sh [ROOT [OUT]]   run session.py in a Blender window; pictures and the log go to OUT (out/window)
#
# Ends with status 3 and one line where no root can be made: that is no failure of what is tested.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$(realpath -m "${1:-build/window-root}") out=$(realpath -m "${2:-out/window}")
most=${SECONDS_AT_MOST:-2400} making=${SECONDS_FOR_ROOT:-900}
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

say() { printf 'window: %s\n' "$*"; }
cannot() { say "did not run: $*"; exit 3; }
inside() { # a command in the root, with nothing of our own environment
  chroot "$root" env -i PATH=/usr/bin:/bin HOME=/srv/run/home XDG_RUNTIME_DIR=/srv/run/home LANG=C.UTF-8 OUT=/srv/run/out \
    LIBGL_ALWAYS_SOFTWARE=1 PYTHONUNBUFFERED=1 STEPS="${STEPS:-}" "$@"
}

[ "$(id -u)" = 0 ] || cannot "it makes a Debian system with Blender in $root, which takes root rights (sudo make test-window)"

# The packages after imagemagick are needed by Blender's own extensions add-on, but its Debian package does not say so.
if [ ! -e "$root/.installed" ]; then
  if ! command -v debootstrap >/dev/null; then
    say "installing debootstrap"
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap; } >"$root.log" 2>&1 ||
      cannot "debootstrap cannot be installed: $(tail -n 1 "$root.log")"
  fi
  mkdir -p "$(dirname "$root")"
  mirror=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' 2>/dev/null | grep -v security | head -n 1)
  if [ ! -e "$root/.booted" ]; then
    say "making a Debian system in $root, some minutes and 1.4 GB"
    rm -rf "$root"
    timeout "$making" debootstrap --variant=minbase sid "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" 2>&1 ||
      cannot "no Debian system after at most $making s: $(tail -n 1 "$root.log")"
    touch "$root/.booted"
  fi
  say "installing Blender in it"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d"
  mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" || cannot "/proc cannot be mounted in $root"
  timeout "$making" chroot "$root" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update && \
    apt-get install -y --no-install-recommends blender xvfb xdotool imagemagick \
      python3-cattr python3-numpy python3-requests python3-urllib3 python3-zstandard \
      libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libglx-mesa0 && apt-get clean' >"$root.log" 2>&1 ||
    { umount "$root/proc"; cannot "Blender cannot be installed: $(tail -n 1 "$root.log")"; }
  umount "$root/proc"
  touch "$root/.installed"
fi

say "building the extension"
zip=$(make --no-print-directory extension PYTHON_VERSION="$(chroot "$root" python3 -c \
  'import sys; print("%d.%d" % sys.version_info[:2])')" | tail -n 1)
rm -rf "$root/srv/run" && mkdir -p "$root/srv/run/home" "$root/srv/run/out" "$out"
cp "$zip" sample_models/digits_cnn.onnx sample_models/digits/digit_[37].png tests/window/*.py \
  tests/data/crossformat/mnist_cnn.keras "$root/srv/run"
display=:$((90 + $$ % 100)) xvfb=
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" || cannot "/proc cannot be mounted in $root"
trap 'if [ -n "$xvfb" ]; then kill "$xvfb" && wait "$xvfb" || true; fi; umount "$root/proc" || true' EXIT

say "installing the zip"
inside timeout 300 blender --command extension install-file -r user_default --enable "/srv/run/$(basename "$zip")"
chroot "$root" Xvfb "$display" -screen 0 1920x1080x24 -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
for _ in $(seq 200); do [ -S "$root/tmp/.X11-unix/X${display#:}" ] && break; kill -0 "$xvfb"; sleep 0.1; done

say "running the session, at most $most s; pictures go to $out"
status=0
set +e
inside DISPLAY="$display" timeout -k 5 "$most" blender --gpu-backend opengl --window-geometry 0 0 1920 1080 \
  --python-exit-code 4 --python /srv/run/session.py 2>&1 | tee "$root/srv/run/out/blender.log" |
  grep --line-buffered -E '^(\.\.\. |ok|FAILED|Traceback|  |[A-Za-z]+Error)'
status=${PIPESTATUS[0]}
set -e
cp -r "$root/srv/run/out/." "$out"
last=$(grep -E '^(\.\.\.|ok)' "$out/blender.log" | tail -n 1 || true)
case $status in
  0) grep -q '^ok' "$out/blender.log" && say "passed: $(grep -c '^ok' "$out/blender.log") steps" ;;
  124 | 137) say "stopped at its limit of $most s, in: $last" ;;
  *) say "failed with status $status, in: $last" ;;
esac
exit "$status"
