# Cronium's helpers for bash. Sourced automatically (BASH_ENV) by every bash script: so only functions, no command.
#
#   cronium_input              prints the JSON input of this run
#   cronium_event              prints facts about the event and the execution, as JSON
#   cronium_output <value>     hands over the result: JSON, or text, which becomes a JSON string; from stdin without a value

cronium_input() { _cronium_call GET input; }

cronium_event() { _cronium_call GET event; }

cronium_output() {
  if [ "$#" -gt 0 ]; then
    printf '%s' "$*" | _cronium_call POST output >/dev/null
  else
    _cronium_call POST output >/dev/null
  fi
}

# curl starts fastest; a host without it has python3, since the runner is written in it.
_cronium_call() {
  if [ -z "${CRONIUM_SOCKET:-}" ]; then
    printf 'cronium: helpers work only in a script that Cronium runs\n' >&2
    return 1
  fi
  if ! type -P curl >/dev/null; then
    python3 "$CRONIUM_HELPERS/python/cronium.py" "$1" "$2"
    return
  fi
  local answer status
  local options=(--silent --show-error --unix-socket "$CRONIUM_SOCKET" --header 'Accept: text/plain' --header 'Expect:' --write-out '\n%{http_code}')
  [ "$1" = POST ] && options+=(--header 'Content-Type: text/plain' --data-binary @-)
  answer=$(command curl -q "${options[@]}" "http://cronium/v1/$2") || return 1
  status=${answer##*$'\n'}
  answer=${answer%$'\n'*}
  if [ "$status" != 200 ]; then
    printf 'cronium: %s\n' "$answer" >&2
    return 1
  fi
  printf '%s\n' "$answer"
}
