#!/bin/sh -p
# Removes what this package put on the Mac: the files and links that its receipts list, then the
# directories that are empty afterwards, then the receipts. What npm installed later stays.

PATH=/usr/bin:/bin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
unset CDPATH ENV TMPDIR
umask 022
set -f

root=''
pkgutil=/usr/sbin/pkgutil
name=@NAME@
itself=@ITSELF@
receipts=@RECEIPTS@

say() { printf '%s\n' "$1"; }

complain() { printf 'uninstall-%s: %s\n' "$name" "$1" >&2; }

usage() { say "usage: uninstall-$name [--dry-run] [--yes]"; }

left_alone() {
    complain "left alone: $root/$1: $2"
    faults=$((faults + 1))
}

# Of all that a receipt can list, only this is the package's: its prefix, and its files elsewhere.
is_ours() {
    case /$1/ in
    */../* | */./* | *//*) return 1 ;;
    esac
    case $1 in
    @OWN@) return 0 ;;
    esac
    return 1
}

is_shared() {
    case $1 in
    @SHARED@) return 0 ;;
    esac
    return 1
}

# Go into the directory that holds $1. By its real name: nobody can lead root elsewhere with a link,
# neither before nor while this runs, since all that follows is done from inside of it.
enter_parent() {
    case $1 in
    */*) parent=$root/${1%/*} ;;
    *) parent=${root:-/} ;;
    esac
    [ "$parent" = "$here" ] && return # still inside
    here=''
    [ -e "$parent" ] || [ -h "$parent" ] || return 2
    cd -P -- "$parent" 2>/dev/null && [ "$(pwd -P)" = "$parent" ] && here=$parent
}

remove_file() {
    if ! is_ours "$1"; then
        left_alone "$1" 'not a place of this package'
        return
    fi
    enter_parent "$1"
    case $? in
    0) ;;
    2) return ;;
    *)
        left_alone "$1" 'its directory is not the one that was installed'
        return
        ;;
    esac
    base=./${1##*/}
    if [ -h "$base" ] || [ -f "$base" ]; then
        if [ "$dry" = yes ]; then
            say "$root/$1"
        elif ! /bin/rm -f -- "$base"; then
            left_alone "$1" 'cannot be removed'
        fi
    elif [ -e "$base" ]; then
        left_alone "$1" 'no longer a file'
    fi
}

remove_directory() {
    if is_shared "$1" || ! is_ours "$1" || ! enter_parent "$1"; then
        return
    fi
    base=./${1##*/}
    if [ -d "$base" ] && [ ! -h "$base" ]; then
        if [ "$dry" = yes ]; then
            say "$root/$1/ (if it is empty)"
        else
            /bin/rmdir -- "$base" 2>/dev/null # what somebody else put there keeps it
        fi
    fi
}

# Everything but this script, so that it can be run again if something stands in its way.
remove_files() {
    while IFS= read -r path; do
        case $path in
        '' | . | "$itself") ;;
        *) remove_file "$path" ;;
        esac
    done <<END
$1
END
    case "
$1
" in
    *"
$itself
"*) [ "$faults" -gt 0 ] || remove_file "$itself" ;;
    esac
}

remove_directories() {
    while IFS= read -r path; do
        case $path in
        '' | .) ;;
        *) remove_directory "$path" ;;
        esac
    done <<END
$1
END
}

remove_receipt() {
    if ! all=$("$pkgutil" --files "$1") ||
        ! directories=$("$pkgutil" --only-dirs --files "$1"); then
        complain "cannot read the receipt $1"
        faults=$((faults + 1))
        return
    fi
    # pkgutil --only-files leaves out links; but what stands here once is no directory.
    remove_files "$(say "$all
$directories" | /usr/bin/sort | /usr/bin/uniq -u)"
    # In descending order what is in a directory comes before it.
    remove_directories "$(say "$directories" | /usr/bin/sort -r)"
    here=''
    cd / || exit 1
    if [ "$dry" = yes ]; then
        say "receipt $1"
    elif [ "$faults" -gt 0 ]; then
        complain "kept the receipt $1"
    elif ! "$pkgutil" --forget "$1" >/dev/null; then
        complain "cannot forget the receipt $1"
        faults=$((faults + 1))
    fi
}

main() {
    dry=no
    sure=no
    faults=0
    here='' # the directory this has gone into
    for word in "$@"; do
        case $word in
        -n | --dry-run) dry=yes ;;
        -y | --yes) sure=yes ;;
        -h | --help)
            usage
            return 0
            ;;
        *)
            usage >&2
            return 2
            ;;
        esac
    done

    found=''
    for receipt in $receipts; do
        if "$pkgutil" --pkg-info "$receipt" >/dev/null 2>&1; then
            found="$found $receipt"
        fi
    done
    if [ -z "$found" ]; then
        complain 'there is no receipt of it, so nothing was removed'
        return 1
    fi
    if [ "$dry" = no ] && [ "$(/usr/bin/id -u)" != 0 ]; then
        complain "needs root: sudo $root/$itself"
        return 1
    fi
    if [ "$dry" = no ] && [ "$sure" = no ]; then
        printf 'Remove%s and the files listed there? [y/N] ' "$found"
        read -r answer || answer=''
        case $answer in
        [yY] | [yY][eE][sS]) ;;
        *)
            say 'nothing was removed'
            return 1
            ;;
        esac
    fi
    for receipt in $found; do
        remove_receipt "$receipt"
        if [ "$faults" -gt 0 ]; then
            complain 'not everything was removed; put it right, then run this again'
            return 1
        fi
    done
    [ "$dry" = yes ] || say "$name was removed"
}

main "$@"; exit
