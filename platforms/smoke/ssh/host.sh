#!/bin/sh
# What rtbuild smoke asks of a machine, one verb at a time: sh host.sh VERB [WORD...], in a private
# folder that this file lies in. What has other letters than a file's name comes a line each on
# standard input. The answer is a line "FOLDER CODE BYTES BYTES", then so many bytes of output, then
# of errors. Written for every sh there is, the old ksh of AIX and IBM i among them: no local, no
# arrays, nothing of one system without asking for it.

folder=${0%/*}
token=${folder##*/}
MOST=1048576
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ ! -d /QOpenSys/pkgs/bin ] || PATH=/QOpenSys/pkgs/bin:/QOpenSys/usr/bin:$PATH
export LC_ALL PATH
unset CDPATH ENV BASH_ENV
umask 077

# First of all: who are you?
greet() {
    echo "system $(uname -s)"
    echo "release $(uname -r)"
    echo "version $(uname -v)"
    echo "machine $(uname -m)"
    echo "folder $(cd "$folder" && pwd -P)"
    if [ "$(id -u)" = 0 ]; then
        echo 'root yes'
    else
        for tool in sudo doas; do
            if command -v "$tool" && "$tool" -n true; then
                echo "root $tool"
                break
            fi
        done 2>/dev/null
    fi
    for tool in cc gcc clang; do
        if found=$(command -v "$tool" 2>/dev/null); then
            echo "compiler $found"
            break
        fi
    done
}

# Take a file, and say what arrived: the digest by any tool there is, or at least the size.
receive() {
    cat >"$folder/$1" || return
    for tool in 'sha256sum' 'shasum -a 256' 'sha256 -q' 'digest -a sha256' 'openssl dgst -sha256 -r'; do
        command -v "${tool%% *}" >/dev/null 2>&1 || continue
        # The words of a tool are divided here.
        # shellcheck disable=SC2086
        found=$($tool <"$folder/$1" 2>/dev/null) || continue
        echo "sha256 ${found%% *}"
        return
    done
    echo "size $(wc -c <"$folder/$1")"
}

# Find a locale that has every letter: without one some tools refuse names that are not English.
letters() {
    for name in $(locale -a 2>/dev/null); do
        case $name in
        C.UTF-8 | C.utf8 | en_US.UTF-8 | en_US.utf8 | EN_US.UTF-8)
            echo "$name"
            return
            ;;
        esac
    done
    echo C
}

unpack() {
    cd "$folder" && umask 022 && LC_ALL=$(letters) tar -xof "$1" && rm -f "$1"
}

# Which of the paths are there? Dangling links are, too.
present() {
    while IFS= read -r path; do
        if [ -e "$path" ] || [ -h "$path" ]; then
            printf '%s\n' "$path"
        fi
    done
}

# Run a program of the system, whose words are lines. One whose caller was interrupted still works,
# and is waited for: two cannot change what is installed at a time.
run() {
    waited=0
    while [ -d "$folder/running" ] && [ "$waited" -lt 600 ]; do
        sleep 1
        waited=$((waited + 1))
    done
    mkdir "$folder/running" || return
    set --
    while IFS= read -r word; do
        set -- "$@" "$word"
    done
    LC_ALL=$(letters) "$@" </dev/null
    result=$?
    rmdir "$folder/running"
    return "$result"
}

# How many bytes of a stream are given back?
shown() {
    size=$(($(wc -c <"$place/$1")))
    [ "$size" -le "$MOST" ] || size=$MOST
    echo "$size"
}

# Run a check for at most so many seconds. Node, the folders of programs and what a check is told are
# lines. The process group is this session's own, since sshd begins each in one: what the check has
# left in it ends with it, and all of it ends where standard input does, for then nobody waits.
check() {
    place=$real/$1
    IFS= read -r node
    IFS= read -r programs
    IFS= read -r SMOKE
    if ! mkdir "$place" "$place/work" "$place/home" "$place/tmp"; then
        echo "$token 74 0 0"
        exit
    fi
    exec 3<&0 </dev/null
    (cat <&3 && kill -KILL 0) >/dev/null 2>&1 &
    (
        cd "$place/work" || exit
        exec env -i SMOKE="$SMOKE" PATH="$programs" HOME="$place/home" TMPDIR="$place/tmp" \
            LANG=C.UTF-8 "$node" "$real/checks/$1.mjs" 3<&-
    ) >"$place/stdout" 2>"$place/stderr" &
    child=$!
    (sleep "$2" && : >"$place/late" && kill -KILL "$child") >/dev/null 2>&1 3<&- &
    wait "$child" 2>/dev/null
    code=$?
    [ ! -e "$place/late" ] || code=late
    echo "$token $code $(shown stdout) $(shown stderr)"
    for stream in stdout stderr; do
        dd if="$place/$stream" bs="$MOST" count=1 2>/dev/null
    done
    rm -rf "$place"
    kill -KILL 0
}

# End what still runs from this folder, a daemon in a session of its own, and remove the folder.
leave() {
    ps -A -o pid= -o args= | while read -r pid command; do
        case $command in
        *host.sh* | *'ps -A'*) ;;
        *"$real"/*) kill -KILL "$pid" 2>/dev/null ;;
        esac
    done
    cd / && rm -rf "$folder"
    [ ! -e "$folder" ]
}

# The verbs whose answer is short.
obey() {
    case $1 in
    greet) greet ;;
    receive) receive "$2" ;;
    unpack) unpack "$2" ;;
    present) present ;;
    run) run ;;
    leave) leave ;;
    *) return 64 ;;
    esac
}

real=$(cd "$folder" && pwd -P)
if [ "$1" = check ]; then
    check "$2" "$3"
fi
said=$(obey "$@" 2>&1)
code=$?
printf '%s %s %s 0\n%s' "$token" "$code" "${#said}" "$said"
exit 0
