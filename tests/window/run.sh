#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
#
#   tests/window/run.sh ROOT [OUT]   run session.py in a Blender window; pictures and the log go to OUT (out/window)
set -euo pipefail
[ $# -ge 1 ] || { sed -n '5s/^# *//p' "$0" >&2; exit 1; }
root=$(realpath -m "$1") out=$(realpath -m "${2:-$(dirname "$0")/../../out/window}")
cd "$(dirname "$0")/../.."
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

inside() { # a command in the root, with nothing of our own environment
  chroot "$root" env -i PATH=/usr/bin:/bin HOME=/srv/run/home XDG_RUNTIME_DIR=/srv/run/home LANG=C.UTF-8 OUT=/srv/run/out \
    LIBGL_ALWAYS_SOFTWARE=1 "$@"
}

# The packages after imagemagick are needed by Blender's own extensions add-on, but its Debian package does not say so.
if ! chroot "$root" which blender Xvfb xdotool import >/dev/null 2>&1; then
  debootstrap --variant=minbase sid "$root"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  chroot "$root" sh -c 'apt-get -o Acquire::Check-Valid-Until=false update && \
    apt-get install -y --no-install-recommends blender xvfb xdotool imagemagick \
      python3-cattr python3-numpy python3-requests python3-urllib3 python3-zstandard \
      libegl1 libegl-mesa0 libgl1 libgl1-mesa-dri libglx-mesa0'
fi
zip=$(make --no-print-directory extension PYTHON_VERSION="$(chroot "$root" python3 -c \
  'import sys; print("%d.%d" % sys.version_info[:2])')" | tail -n 1)

rm -rf "$root/srv/run" && mkdir -p "$root/srv/run/home" "$root/srv/run/out" "$out"
cp "$zip" sample_models/digits_cnn.onnx sample_models/digits/digit_7.png tests/window/session.py \
  tests/data/crossformat/mnist_cnn.keras "$root/srv/run"
display=:$((90 + $$ % 100)) xvfb=
mount -t proc proc "$root/proc"
trap 'if [ -n "$xvfb" ]; then kill "$xvfb"; wait "$xvfb" || true; fi; umount "$root/proc"' EXIT

inside blender --command extension install-file -r user_default --enable "/srv/run/$(basename "$zip")"
chroot "$root" Xvfb "$display" -screen 0 1920x1080x24 -nolisten tcp >/dev/null 2>&1 &
xvfb=$!
until [ -S "$root/tmp/.X11-unix/X${display#:}" ]; do kill -0 "$xvfb"; sleep 0.1; done

status=0
inside DISPLAY="$display" timeout "${SECONDS_AT_MOST:-900}" blender --gpu-backend opengl --window-geometry 0 0 1920 1080 \
  --python-exit-code 4 --python /srv/run/session.py >"$root/srv/run/out/blender.log" 2>&1 || status=$?
cp -r "$root/srv/run/out/." "$out"
grep -E '^(ok|FAILED|  )' "$out/blender.log" || tail -n 20 "$out/blender.log"
exit "$status"
