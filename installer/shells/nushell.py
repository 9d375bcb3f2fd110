"""Nushell: an ``env_change.PWD`` hook and one before each prompt, in its own commands.

Written for 0.101 and later (autoload folders). It has no ``eval``: the program answers with a name.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import nushell
from rtinstall.installer.shells.values import DEFAULT, VERSION_FILES, Hook

_TEXT = """\
$env._rt = {
  home: @HOME@
  shared: @SHARED@
  program: @PROGRAM@
  commands: @COMMANDS@
  on: ""
  asked: null
  noted: ""
}

def _rt_time [file: string] {
  (ls -lD $file).0.modified
}

# What a folder asks for, or the nearest one above; `stale` is one that only the program knows.
def _rt_find [asked] {
  let here = (if $nu.os-info.name == "windows" { $env.PWD | str replace --all '\\' '/' } else { $env.PWD })
  mut at = ($here | str trim --right --char '/')
  mut weak: list<any> = []
  loop {
    let folder = $at
    let foreign = ($"($folder)/" | str contains "/node_modules/")
    let names = ([@FILES@] | where {|name|
      ($"($folder)/($name)" | path type) == "file" and not ($foreign and $name == "package.json")
    })
    if ($names | is-not-empty) {
      let record = ([$env._rt.home "/projects" (if ($folder | str starts-with "/") { $folder } else if $folder == "" { "" } else { "/" + ($folder | str replace ":" "") }) "/.version"] | str join)
      if ($record | path type) != "file" { return {at: $folder, stale: true} }
      let made = (_rt_time $record)
      let lines = (open --raw $record | decode utf-8 | split row "\\n")
      if ($lines | length) < 6 or ($lines | get 4) != ($names | each {|name| " " + $name } | str join) {
        return {at: $folder, stale: true}
      }
      let from = ($lines | get 3)
      let old = (($names | any {|name| (_rt_time $"($folder)/($name)") >= $made })
        or (($from | path type) == "file" and (_rt_time $from) >= $made))
      if $old and $asked != $folder { return {at: $folder, stale: true} }
      let found = {at: $folder, stale: false, old: $old, bin: ($lines | get 0), note: ($lines | get 5)}
      let name = ($lines | get 1)
      if ($name | str starts-with "?") {
        if ($weak | is-empty) { $weak = [$found] }
      } else if $name != "-" {
        return $found
      }
    }
    if not ($at | str contains "/") { break }
    $at = ($at | str replace --regex '(?s)/[^/]*$' "")
  }
  if ($weak | is-not-empty) { return ($weak | first) }
  {at: "", stale: false, old: false, bin: $"($env._rt.home)/@DEFAULT@($env._rt.commands)", note: ""}
}

def _rt_named [name: string] {
  if $name == "system" { return "" }
  if ($name | str contains "/") or ($name | str starts-with ".") { return null }
  let folders = ([
    $"($env._rt.home)/versions/" $"($env._rt.home)/versions/v" $"($env._rt.home)/aliases/"
    $"($env._rt.shared)/versions/" $"($env._rt.shared)/versions/v"
  ] | each {|above| $above + $name + $env._rt.commands } | where {|bin| ($bin | path exists) })
  $folders | get -o 0
}

def --env _rt_put [bin: string] {
  let on = $env._rt.on
  let path = ($env.PATH | split row (char esep))
  let placed = ($on != "" and $on in $path)
  $env.PATH = if $placed {
    $path | each {|entry| if $entry == $on { $bin } else { $entry } } | where {|entry| $entry != "" or $bin != "" }
  } else if $bin == "" { $path } else { $path | prepend $bin }
  $env._rt = ($env._rt | update on $bin)
}

def _rt_program [] {
  if ($env._rt.program | path exists) { $env._rt.program } else { "rtinstall" }
}

def --env _rt_hook [] {
  let version = ($env.RTINSTALL_VERSION? | default "")
  if $version != "" {
    let bin = (_rt_named $version)
    if $bin != null { _rt_put $bin }
    return
  }
  mut found = (_rt_find $env._rt.asked)
  if $found.stale and $env._rt.asked != $found.at {
    $env._rt = ($env._rt | update asked $found.at)
    let program = (_rt_program)
    try {
      let said = (^$program hook (if $found.at == "" { "/" } else { $found.at }))
      if $said != "" { print -e --no-newline $said }
    }
    $found = (_rt_find $env._rt.asked)
  } else if not $found.stale and not $found.old {
    $env._rt = ($env._rt | update asked null)
  }
  if $found.stale {
    $found = {at: $found.at, bin: $"($env._rt.home)/@DEFAULT@($env._rt.commands)", note: ""}
  }
  _rt_put $found.bin
  if $found.note != "" and $found.at != $env._rt.noted and $nu.is-interactive {
    print -e $"rtinstall: ($found.note)"
  }
  $env._rt = ($env._rt | update noted $found.at)
}

def --env --wrapped rtinstall [...words] {
  let program = (_rt_program)
  if ($words | get -o 0) in ["use" "shell"] {
    let answer = (^$program use --shell nushell ...($words | skip 1) | str trim)
    if $answer == "use -" {
      hide-env --ignore-errors RTINSTALL_VERSION
    } else if ($answer | str starts-with "use ") {
      $env.RTINSTALL_VERSION = ($answer | str substring 4..)
    } else if $answer != "" {
      print $answer
    }
  } else {
    ^$program ...$words
  }
  _rt_hook
}

$env.PATH = ($env.PATH | split row (char esep) | where {|entry|
  $entry != $"($env._rt.home)/shims" and not ([$"($env._rt.home)/versions/" $"($env._rt.home)/aliases/" $"($env._rt.shared)/versions/"]
    | any {|above| ($entry | str starts-with $above) })
})
_rt_put $"($env._rt.home)/@DEFAULT@($env._rt.commands)"
$env.config = ($env.config | upsert hooks.env_change.PWD {|config|
  $config.hooks?.env_change?.PWD? | default [] | append {|before, after| _rt_hook }
} | upsert hooks.pre_prompt {|config|
  $config.hooks?.pre_prompt? | default [] | append {|| _rt_hook }
})
_rt_hook
"""


def snippet(hook: Hook) -> str:
    """Write what Nushell reads at its start."""
    return (
        _TEXT.replace("@HOME@", nushell(hook.home))
        .replace("@SHARED@", nushell(hook.shared))
        .replace("@PROGRAM@", nushell(hook.program))
        .replace("@COMMANDS@", nushell(hook.commands))
        .replace("@DEFAULT@", DEFAULT)
        .replace("@FILES@", " ".join(f'"{name}"' for name in VERSION_FILES))
    )
