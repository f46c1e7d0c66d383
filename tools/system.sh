#!/bin/bash
# Install the Debian packages that some tests need: a real Apache, PostgreSQL, ACL tools, a browser, a Chinese font,
# WebDAV clients and their test suite, Samba.
#
# Usage: tools/system.sh [PACKAGE...]
# Installs each PACKAGE as well, where there is no program of that name.
# Installs only as root or with a sudo that asks nothing, and only where apt-get is; elsewhere it
# says what will be left out.  LADING_APT=no never installs.  Asks for no service to be started;
# where systemd runs, PostgreSQL's package starts an empty cluster of its own on 127.0.0.1 all the same, and Samba's its
# service without a share of files for guests.
set -euo pipefail

missing=()
want() { # want PROGRAM-OR-FILE PACKAGE
    if ! command -v "$1" >/dev/null 2>&1 && [ ! -e "$1" ]; then
        missing+=("$2")
    fi
}
PATH=$PATH:/usr/sbin:/usr/local/sbin
want apache2 apache2-bin
want setfacl acl
want chromium chromium
want /usr/lib/postgresql postgresql
want litmus litmus
want cadaver cadaver
want mount.davfs davfs2
want smbd samba
want sshd openssh-server
want ip iproute2
want nft nftables
want "$(compgen -G '/usr/lib*/*/samba/vfs/acl_xattr.so' | head -n 1 || true)" samba-vfs-modules
want /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
for name in "$@"; do
    want "$name" "$name"
done
[ ${#missing[@]} -gt 0 ] || exit 0

skipped() {
    echo "setup: not installed, so what needs them is left out: ${missing[*]} ($1)"
    exit 0
}

[ "${LADING_APT:-yes}" != no ] || skipped "LADING_APT=no"
command -v apt-get >/dev/null 2>&1 || skipped "this machine has no apt-get"
as_root=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || skipped "neither root nor a sudo that asks nothing"
    as_root=(sudo -n)
fi

echo "setup: installing Debian packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install --yes --quiet --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null
}
for _ in 1 2 3; do
    "${as_root[@]}" apt-get update --quiet >"$log" 2>&1 </dev/null || true
    if install; then
        exit 0
    fi
done
tail -5 "$log" >&2
skipped "apt-get failed"
