import { ExecutionError } from '../execution-error';
import type { ConnectionPool } from './connection-pool';
import { PlainBashRunner } from './plain-bash-runner';
import { NotStarted, StartWord, StartedCommand } from './remote-start';
import { addressOf, shellUnusable } from './ssh-errors';
import type { SshServer } from './ssh-server';

export const PLAIN_LOSS = 'On a host without python3 a script ends with the connection that started it.';

const NO_BASH = 'cronium-no-bash';
const NO_BASH_CODE = 45;

/** Reads a program up to a zero byte from stdin, and becomes it. */
const COMMAND =
  `exec /bin/sh -c 'PATH="$PATH:/usr/local/bin:/usr/bin:/bin"; ` +
  `command -v bash >/dev/null 2>&1 || { echo ${NO_BASH}; exit ${NO_BASH_CODE}; }; ` +
  `exec bash --norc --noprofile -c "IFS= read -r -d \\"\\" program; eval \\"\\$program\\"" cronium-bash'`;

/**
 * Reads, each up to a zero byte: the start word's halves, the job's id, the number of variables, the variables, the script. Then it
 * becomes the script, whose exit status is thereby the command's, to the signal that ended it. Another process stays behind: it reads
 * what the client wants (term, kill, alive), ends the script's process group and wipes its folder when the client, the
 * connection or the script has gone. sshd has made this shell the leader of a session and of that group.
 */
const PROGRAM = String.raw`
_cronium_read() { IFS= read -r -d '' "$1"; }
_cronium_read _cronium_first; _cronium_read _cronium_second
printf '%s%s\n' "$_cronium_first" "$_cronium_second"
_cronium_read _cronium_job || exit 0
_cronium_umask=$(umask); umask 077
_cronium_main=$$
_cronium_folder=$(mktemp -d "${'$'}{TMPDIR:-/tmp}/cronium-$_cronium_job-XXXXXX") || { printf 'no folder\n'; exit 0; }
_cronium_read _cronium_script_count
_cronium_pairs=()
while [ "$_cronium_script_count" -gt 0 ]; do
  _cronium_read _cronium_pair; _cronium_pairs+=("$_cronium_pair"); _cronium_script_count=$((_cronium_script_count - 1))
done
_cronium_read _cronium_script
if ! { mkdir "$_cronium_folder/work" "$_cronium_folder/tmp" &&
  printf '%s' "$_cronium_script" >"$_cronium_folder/script.sh" &&
  printf '%s\n' 'cronium_input() { printf "cronium: helpers are unavailable: this host has no python3\n" >&2; return 1; }' \
    'cronium_output() { cronium_input; }' 'cronium_event() { cronium_input; }' 'cronium_getVariable() { cronium_input; }' \
    'cronium_setVariable() { cronium_input; }' 'cronium_setCondition() { cronium_input; }' >"$_cronium_folder/helpers.sh"; }; then
  rm -rf "$_cronium_folder"; printf 'no space\n'; exit 0
fi
set -m
(
  trap '' HUP INT TERM PIPE
  while IFS= read -r -d '' -t 60 _cronium_word; do
    case $_cronium_word in
      term) kill -TERM -- "-$_cronium_main" ;;
      kill) kill -KILL -- "-$_cronium_main" ;;
    esac
  done
  kill -KILL -- "-$_cronium_main"
  rm -rf "$_cronium_folder"
) <&0 >/dev/null 2>&1 &
set +m
for _cronium_name in $(compgen -e); do
  case $_cronium_name in PATH | HOME | USER | LOGNAME | SHELL) ;; *) unset "$_cronium_name" 2>/dev/null ;; esac
done
export LANG=C.UTF-8 TMPDIR="$_cronium_folder/tmp" BASH_ENV="$_cronium_folder/helpers.sh"
for _cronium_pair in "${'$'}{_cronium_pairs[@]}"; do export "$_cronium_pair"; done
umask "$_cronium_umask"
cd "$_cronium_folder/work" && printf 'started\n' && exec "$BASH" "$_cronium_folder/script.sh" </dev/null
`;

/** A bash without the runner, ready for one job. */
export async function startPlainBash(
  server: SshServer,
  pool: ConnectionPool,
  reason: string,
): Promise<PlainBashRunner> {
  const word = new StartWord();
  const channel = await pool.exec(COMMAND);
  channel.send(Buffer.from(`${PROGRAM}\0${word.first}\0${word.second}\0`));
  const command = new StartedCommand(channel, server.sshConfig);
  const notStarted = await command.begun(word);
  if (notStarted) {
    throw withoutBash(server, notStarted);
  }
  command.handOver();
  return new PlainBashRunner(channel, addressOf(server.sshConfig), reason);
}

function withoutBash(server: SshServer, { code, said }: NotStarted): ExecutionError {
  if (code === NO_BASH_CODE && said.includes(NO_BASH)) {
    return new ExecutionError(
      'interpreter_missing',
      `bash is not installed on ${addressOf(server.sshConfig)}, nor is python3. Install both, or one of them.`,
    );
  }
  return shellUnusable(server.sshConfig, `It ended with exit code ${code ?? 'unknown'} instead.`, said);
}
