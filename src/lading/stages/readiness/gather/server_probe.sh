# Reads facts of a server and changes nothing. Plain POSIX sh; arguments: seconds, then role=path, unit=NAME, cert=FILE.
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
at() { printf '\n@@ %s\n' "$1"; }
window=$1
shift
at host; uname -n
at processors; getconf _NPROCESSORS_ONLN 2>/dev/null
at load; cat /proc/loadavg 2>/dev/null
at memory; cat /proc/meminfo 2>/dev/null
at pressure-io; cat /proc/pressure/io 2>/dev/null
at pressure-memory; cat /proc/pressure/memory 2>/dev/null
at open-files; ulimit -n
at stat; head -n 1 /proc/stat 2>/dev/null
at disks; cat /proc/diskstats 2>/dev/null
for word in "$@"; do
    value=${word#*=}
    case $word in
    unit=*)
        at "unit $value"
        systemctl show "$value" -p ActiveState -p LimitNOFILE -p MemoryMax 2>/dev/null ;;
    cert=*)
        at "cert $value"
        openssl x509 -in "$value" -noout -enddate 2>/dev/null ;;
    *)
        # A place that will be made lies on the file system of the nearest folder that is there.
        near=$value
        while [ ! -e "$near" ] && [ "$near" != / ] && [ "$near" != . ]; do near=$(dirname -- "$near"); done
        [ "$near" = "$value" ] || { at "absent $value"; printf '%s\n' "$near"; }
        at "df $word"
        df -Pk -- "$near" 2>/dev/null
        at "dfi $word"
        df -Pi -- "$near" 2>/dev/null ;;
    esac
done
at processes; ps -eo comm= 2>/dev/null
at cron
for file in /etc/crontab /etc/cron.d/*; do [ -r "$file" ] && cat "$file"; done 2>/dev/null
at own-cron; crontab -l 2>/dev/null
at daily; ls /etc/cron.daily 2>/dev/null
at timers; systemctl list-timers --all --no-legend --no-pager 2>/dev/null
at synchronised; timedatectl show -p NTPSynchronized 2>/dev/null
sleep "$window"
at stat-after; head -n 1 /proc/stat 2>/dev/null
at disks-after; cat /proc/diskstats 2>/dev/null
at clock; date +%s
at end
