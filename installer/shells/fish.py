"""fish: switches when PWD changes, and looks at each prompt whether a file was edited.

Everything used is built in from fish 3.6 on (``test -nt``, ``string``, ``read``). A folder keeps the
slash at its end here: a command substitution drops newlines there, and a name may end in one.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import fish
from rtinstall.installer.shells.values import DEFAULT, VERSION_FILES, Hook

_TEXT = """\
set -g _rt_home @HOME@
set -g _rt_shared @SHARED@
set -g _rt_program @PROGRAM@
set -g _rt_commands @COMMANDS@
set -g _rt_default $_rt_home/@DEFAULT@$_rt_commands
set -g _rt_on
set -g _rt_asked
set -g _rt_noted
set -g _rt_refused

function _rt_find
    set -g _rt_at (string replace -r -- '//\\z' '/' $PWD/ | string collect)
    set -l weak
    while true
        set -l record $_rt_home/projects$_rt_at.version
        set -l names ''
        set -l old
        for name in @FILES@
            if test -f "$_rt_at$name"
                if test $name = package.json; and string match -q -- '*/node_modules/*' $_rt_at
                    continue
                end
                set names "$names $name"
                test "$record" -nt "$_rt_at$name"; or set old 1
            end
        end
        if test -n "$names"
            if not test -f "$record"
                return 1
            end
            set -l lines
            while read -l line
                set -a lines $line
            end <$record
            if test (count $lines) -lt 6; or test "$lines[5]" != "$names"
                return 1
            end
            if test -f "$lines[4]"; and not test "$record" -nt "$lines[4]"
                set old 1
            end
            if test -z "$old"
                set -g _rt_asked ''
            else if test "$_rt_asked" != "asked $_rt_at"
                return 1
            end
            switch $lines[2]
                case -
                case '\\?*'
                    set -q weak[1]; or set weak $lines[1] $lines[6] $_rt_at
                case '*'
                    set -g _rt_bin $lines[1]
                    set -g _rt_note $lines[6]
                    return 0
            end
        end
        test "$_rt_at" != /; or break
        set -g _rt_at (string replace -r -- '(?s)[^/]*/\\z' '' $_rt_at | string collect)
    end
    set -g _rt_bin $_rt_default
    set -g _rt_note ''
    set -g _rt_at ''
    if set -q weak[1]
        set -g _rt_bin $weak[1]
        set -g _rt_note $weak[2]
        set -g _rt_at $weak[3]
    end
    return 0
end

function _rt_named
    set -g _rt_at ''
    set -g _rt_note ''
    switch $RTINSTALL_VERSION
        case system
            set -g _rt_bin ''
            return 0
        case '*/*' '.*'
            return 1
    end
    for folder in $_rt_home/versions/ $_rt_home/versions/v $_rt_home/aliases/ $_rt_shared/versions/ $_rt_shared/versions/v
        set -g _rt_bin $folder$RTINSTALL_VERSION$_rt_commands
        if test -d "$_rt_bin"
            return 0
        end
    end
    return 1
end

function _rt_put
    set -l place
    if test -n "$_rt_on"
        set place (contains -i -- "$_rt_on" $PATH)
    end
    if test -z "$place"
        test -z "$argv[1]"; or set -gx PATH $argv[1] $PATH
    else if test -z "$argv[1]"
        set -e PATH[$place]
    else if test "$argv[1]" != "$_rt_on"
        set PATH[$place] $argv[1]
    end
    set -g _rt_on $argv[1]
end

function _rt_begin
    set -l kept
    set -l place (string escape --style=regex -- $_rt_home $_rt_shared)
    set -l ours "^($place[1]/(versions/|aliases/|shims\\$)|$place[2]/versions/)"
    for folder in $PATH
        if not string match -qr -- $ours $folder
            set -a kept $folder
        else if not status is-interactive; and not status is-login
            set -g _rt_on $folder
            return 1
        end
    end
    set -gx PATH $kept
    set -g _rt_on ''
    _rt_put $_rt_default
    return 0
end

function _rt_run
    if test -x $_rt_program
        $_rt_program $argv
    else
        command rtinstall $argv
    end
end

function _rt_ask
    test "$_rt_asked" != "asked $_rt_at"; or return 1
    set -g _rt_asked "asked $_rt_at"
    _rt_run hook $_rt_at >&2
    and _rt_find
end

function _rt_hook --on-variable PWD --on-event fish_prompt
    set -l before $status
    if test -n "$RTINSTALL_VERSION"
        if not _rt_named
            test "$RTINSTALL_VERSION" != "$_rt_refused"; or return $before
            set -g _rt_refused $RTINSTALL_VERSION
            set -l answer (_rt_run use --shell fish -- $RTINSTALL_VERSION)
            string match -q -- 'use *' "$answer"; or return $before
            set -gx RTINSTALL_VERSION (string sub -s 5 -- $answer)
            _rt_named; or return $before
        end
    else if not _rt_find; and not _rt_ask
        set -g _rt_bin $_rt_default
        set -g _rt_note ''
    end
    _rt_put "$_rt_bin"
    if test -n "$_rt_note"; and test "$_rt_at" != "$_rt_noted"; and status is-interactive
        printf 'rtinstall: %s\\n' $_rt_note >&2
    end
    set -g _rt_noted $_rt_at
    return $before
end

function rtinstall
    switch "$argv[1]"
        case use shell
            set -l answer (_rt_run use --shell fish $argv[2..])
            or return
            if test "$answer" = 'use -'
                set -e RTINSTALL_VERSION
            else if string match -q -- 'use *' "$answer[1]"
                set -gx RTINSTALL_VERSION (string sub -s 5 -- $answer)
            else if test -n "$answer"
                printf '%s\\n' $answer
            end
            _rt_hook
        case '*'
            _rt_run $argv
            _rt_hook
    end
end

if _rt_begin
    _rt_hook
end
"""


def snippet(hook: Hook) -> str:
    """Write what fish reads at its start."""
    return (
        _TEXT.replace("@HOME@", fish(hook.home))
        .replace("@SHARED@", fish(hook.shared))
        .replace("@PROGRAM@", fish(hook.program))
        .replace("@COMMANDS@", fish(hook.commands))
        .replace("@DEFAULT@", DEFAULT)
        .replace("@FILES@", " ".join(VERSION_FILES))
    )
