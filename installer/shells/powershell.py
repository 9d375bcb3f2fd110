"""PowerShell 5.1 and 7: each prompt looks, and from 6.1 on each change of folder; both keep what was there before.

Only .NET is called, no cmdlet that a module would have to be loaded for; paths go as literal text.
Where a company allows no .NET (constrained language), the shims are on PATH and nothing is defined.
"""

from __future__ import annotations

from rtinstall.installer.shells.quoting import powershell
from rtinstall.installer.shells.values import DEFAULT, VERSION_FILES, Hook

_TEXT = """\
if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
  $env:PATH = @HOME@ + '/shims' + $(if ($env:OS -eq 'Windows_NT') { ';' } else { ':' }) + $env:PATH
  return
}

$global:_rt = @{
  Home = @HOME@; Shared = @SHARED@; Program = @PROGRAM@; Commands = @COMMANDS@
  On = ''; Asked = $null; Noted = ''
  Separator = [string][IO.Path]::PathSeparator; Backslash = [IO.Path]::DirectorySeparatorChar -eq '\\'
}

function global:_rt_find {
  $none = @{ At = ''; Bin = $_rt.Home + '/@DEFAULT@' + $_rt.Commands; Note = '' }
  if ($ExecutionContext.SessionState.Path.CurrentLocation.Provider.Name -ne 'FileSystem') { return $none }
  $at = $ExecutionContext.SessionState.Path.CurrentLocation.ProviderPath
  if ($_rt.Backslash) { $at = $at.Replace('\\', '/') }
  $at = $at.TrimEnd('/')
  $weak = $null
  while ($true) {
    $names = ''
    $newest = [DateTime]::MinValue
    foreach ($name in @FILES@) {
      if ($name -eq 'package.json' -and "$at/".Contains('/node_modules/')) { continue }
      if ([IO.File]::Exists("$at/$name")) {
        $names += " $name"
        $time = [IO.File]::GetLastWriteTimeUtc("$at/$name")
        if ($time -gt $newest) { $newest = $time }
      }
    }
    if ($names) {
      $stale = @{ At = $at; Stale = $true }
      $record = $_rt.Home + '/projects/' + $at.TrimStart('/').Replace(':', '') + '/.version'
      if (-not [IO.File]::Exists($record)) { return $stale }
      try { $lines = [IO.File]::ReadAllLines($record) } catch { return $stale }
      if ($lines.Length -lt 6 -or $lines[4] -cne $names) { return $stale }
      if ($lines[3] -and [IO.File]::Exists($lines[3])) {
        $time = [IO.File]::GetLastWriteTimeUtc($lines[3])
        if ($time -gt $newest) { $newest = $time }
      }
      $old = [IO.File]::GetLastWriteTimeUtc($record) -le $newest
      if (-not $old) { $_rt.Asked = $null } elseif ($at -ne $_rt.Asked) { return $stale }
      $found = @{ At = $at; Bin = $lines[0]; Note = $lines[5] }
      if (-not $lines[1].StartsWith('?')) { if ($lines[1] -ne '-') { return $found } }
      elseif (-not $weak) { $weak = $found }
    }
    $up = $at.LastIndexOf('/')
    if ($up -lt 0) { if ($weak) { return $weak } else { return $none } }
    $at = $at.Substring(0, $up)
  }
}

function global:_rt_named([string]$name) {
  if ($name -eq 'system') { return '' }
  if ($name.IndexOfAny('/\\:'.ToCharArray()) -ge 0 -or $name.StartsWith('.')) { return $null }
  foreach ($above in ($_rt.Home + '/versions/'), ($_rt.Home + '/versions/v'), ($_rt.Home + '/aliases/'),
      ($_rt.Shared + '/versions/'), ($_rt.Shared + '/versions/v')) {
    if ([IO.Directory]::Exists($above + $name + $_rt.Commands)) { return $above + $name + $_rt.Commands }
  }
  return $null
}

function global:_rt_put([string]$bin) {
  $entries = [Collections.Generic.List[string]]::new([string[]]"$env:PATH".Split($_rt.Separator))
  $place = if ($_rt.On) { $entries.IndexOf($_rt.On) } else { -1 }
  if ($place -ge 0) {
    if ($bin) { $entries[$place] = $bin } else { $entries.RemoveAt($place) }
  } elseif ($bin) {
    $entries.Insert(0, $bin)
  }
  $_rt.On = $bin
  $path = [string]::Join($_rt.Separator, $entries)
  if ($path -cne $env:PATH) { $env:PATH = $path }
}

function global:_rt_run {
  if ([IO.File]::Exists($_rt.Program)) { & $_rt.Program @args }
  else { & (Get-Command -CommandType Application -Name rtinstall -ErrorAction Stop | Select-Object -First 1) @args }
}

function global:_rt_hook {
  Set-StrictMode -Off
  if ($env:RTINSTALL_VERSION) {
    $bin = _rt_named $env:RTINSTALL_VERSION
    if ($null -ne $bin) { _rt_put $bin }
    return
  }
  $found = _rt_find
  if ($found.Stale -and $found.At -ne $_rt.Asked) {
    $_rt.Asked = $found.At
    $code = $global:LASTEXITCODE
    $folder = if ($found.At) { $found.At } else { '/' }
    if ($folder.EndsWith(':')) { $folder += '/' }
    try { _rt_run hook $folder | ForEach-Object { [Console]::Error.WriteLine($_) } } catch { }
    $global:LASTEXITCODE = $code
    $found = _rt_find
  }
  if ($found.Stale) { $found = @{ At = $found.At; Bin = $_rt.Home + '/@DEFAULT@' + $_rt.Commands; Note = '' } }
  _rt_put $found.Bin
  if ($found.Note -and $found.At -ne $_rt.Noted) { [Console]::Error.WriteLine('rtinstall: ' + $found.Note) }
  $_rt.Noted = $found.At
}

# A function is not given the -- among its words; what was typed still has it.
function global:_rt_words([object[]]$words, $call) {
  if (-not $call.Line -or $call.OffsetInLine -lt 1) { return $words }
  $typed = $call.Line.Substring($call.OffsetInLine - 1)
  $tree = [Management.Automation.Language.Parser]::ParseInput($typed, [ref]$null, [ref]$null)
  $command = $tree.Find({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true)
  $texts = @(if ($command) { foreach ($element in $command.CommandElements) { $element.Extent.Text } })
  $at = $words.Count - ($texts.Count - 1 - [Array]::IndexOf($texts, '--'))
  if ($texts -cnotcontains '--' -or $at -lt 0) { return $words }
  return @($words | Select-Object -First $at) + '--' + @($words | Select-Object -Skip $at)
}

function global:rtinstall {
  Set-StrictMode -Off
  if ($args.Count -gt 0 -and $args[0] -in 'use', 'shell') {
    $words = @($args | Select-Object -Skip 1)
    $answer = @(_rt_run use --shell powershell @words)
    if ($LASTEXITCODE -ne 0) { return }
    if ($answer.Count -eq 1 -and $answer[0] -ceq 'use -') { $env:RTINSTALL_VERSION = $null }
    elseif ($answer.Count -eq 1 -and $answer[0].StartsWith('use ')) { $env:RTINSTALL_VERSION = $answer[0].Substring(4) }
    else { $answer }
  } else {
    $words = @(_rt_words $args $MyInvocation)
    _rt_run @words
  }
  _rt_hook
}

# What failed must still be seen to have failed by the prompt that was there before.
function global:_rt_failed {
  [CmdletBinding()] param()
  $PSCmdlet.WriteError([Management.Automation.ErrorRecord]::new([Exception]::new('failed'), 'failed', 0, $null))
}

& {
  Set-StrictMode -Off
  if (-not "$function:prompt".Contains('_rt_hook')) {
    $before = $function:prompt
    $function:global:prompt = {
      $good = $global:?
      _rt_hook
      if (-not $good) { _rt_failed -ErrorAction Ignore }
      & $before
    }.GetNewClosure()
  }
  $does = $ExecutionContext.SessionState.InvokeCommand
  if ($does.PSObject.Properties['LocationChangedAction'] -and -not $global:_rt_moved) {
    $global:_rt_moved = [EventHandler[Management.Automation.LocationChangedEventArgs]] { _rt_hook }
    $does.LocationChangedAction = [Delegate]::Combine($does.LocationChangedAction, $global:_rt_moved)
  }
  $env:PATH = [string]::Join($_rt.Separator, @("$env:PATH".Split($_rt.Separator) | Where-Object {
    $entry = if ($_rt.Backslash) { $_.Replace('\\', '/') } else { $_ }
    $entry -ne ($_rt.Home + '/shims') -and -not ($entry.StartsWith($_rt.Home + '/versions/') -or $entry.StartsWith($_rt.Home + '/aliases/') -or
      $entry.StartsWith($_rt.Shared + '/versions/'))
  }))
  _rt_put ($_rt.Home + '/@DEFAULT@' + $_rt.Commands)
  _rt_hook
}
"""


def snippet(hook: Hook) -> str:
    """Write what PowerShell reads at its start."""
    return (
        _TEXT.replace("@HOME@", powershell(hook.home))
        .replace("@SHARED@", powershell(hook.shared))
        .replace("@PROGRAM@", powershell(hook.program))
        .replace("@COMMANDS@", powershell(hook.commands))
        .replace("@DEFAULT@", DEFAULT)
        .replace("@FILES@", ", ".join(powershell(name) for name in VERSION_FILES))
    )
