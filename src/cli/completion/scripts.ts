/** What shells load. All three ask `machinist __complete` for candidates, so they know nothing of the commands themselves. */

export const shells = ["bash", "zsh", "fish"] as const;

export type ShellName = (typeof shells)[number];

/** Where no candidate fits, files are completed. */
export const scripts: Readonly<Record<ShellName, string>> = {
  bash: `# bash completion for machinist
_machinist() {
  local line
  local IFS=$'\\n'
  COMPREPLY=()
  for line in $("$1" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null); do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done
}
complete -o default -F _machinist machinist
`,
  zsh: `#compdef machinist
# zsh completion for machinist
_machinist() {
  local line
  local -a candidates
  for line in "\${(@f)$(_call_program candidates \${(q)words[1]} __complete -- \${(q)words[2,CURRENT]} 2>/dev/null)}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#candidates )); then
    _describe machinist candidates
  else
    _files
  fi
}
compdef _machinist machinist
`,
  fish: `# fish completion for machinist
function __machinist_complete
  set -l words (commandline -opc)
  set -l found ($words[1] __complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c machinist -f -a '(__machinist_complete)'
`,
};
