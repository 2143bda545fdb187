import type { RunnerEnd } from '../runner/messages';

/**
 * What a fake runner understands: one directive a line, chosen so that many are also what bash would do. Other lines do nothing.
 *
 *     echo <text>              a line on stdout; `echo <text> >&2` on stderr; quotes around the whole text are taken off
 *     printf <text>            the same without a newline
 *     repeat <n> <text>        n lines on stdout
 *     sleep <seconds>          (fractions too); ends early by cancel and timeout
 *     exit <code>
 *     kill -<SIGNAL> $$        ends by a signal, for example `kill -SEGV $$`
 *     end <kind>               ends by a limit: out_of_memory, process_limit, disk_full, output_limit, timeout
 *     printenv <NAME>          prints a variable of the environment; an empty line when it is not set
 *     cronium_input            prints the input;   cronium_event  prints the event
 *     cronium_output <value>   the `output` helper: JSON, or text
 *     platform_error <code>    ends with this platform error: interpreter_missing, sandbox_failed
 *     vanish                   the runner disappears: `script_lost`
 */
export type FakeDirective =
  | {
      readonly kind: 'print';
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
      readonly times: number;
    }
  | { readonly kind: 'environment'; readonly key: string }
  | { readonly kind: 'input' }
  | { readonly kind: 'event' }
  | { readonly kind: 'output'; readonly value: unknown }
  | { readonly kind: 'sleep'; readonly seconds: number }
  | { readonly kind: 'end'; readonly end: NonNullable<RunnerEnd['end']> }
  | { readonly kind: 'error'; readonly error: NonNullable<RunnerEnd['error']> }
  | { readonly kind: 'vanish' };

export function parseDirectives(script: string): FakeDirective[] {
  return script.split('\n').flatMap((line) => parseLine(line.trim()) ?? []);
}

function parseLine(line: string): FakeDirective | undefined {
  const [word = ''] = line.split(' ', 1);
  const rest = line.slice(word.length + 1);
  switch (word) {
    case 'echo':
    case 'printf': {
      const [, text = '', redirect] = /^(.*?)\s*(>&2)?$/.exec(rest) ?? [];
      const end = word === 'echo' ? '\n' : '';
      return { kind: 'print', stream: redirect ? 'stderr' : 'stdout', text: unquote(text) + end, times: 1 };
    }
    case 'repeat': {
      const [count = '0'] = rest.split(' ', 1);
      return {
        kind: 'print',
        stream: 'stdout',
        text: `${unquote(rest.slice(count.length + 1))}\n`,
        times: Number(count),
      };
    }
    case 'sleep':
      return { kind: 'sleep', seconds: Number(rest) };
    case 'exit':
      return { kind: 'end', end: { kind: 'exit', code: Number(rest) } };
    case 'kill':
      return {
        kind: 'end',
        end: { kind: 'signal', signal: `SIG${rest.replace(/^-(SIG)?/, '').split(' ')[0] ?? ''}` },
      };
    case 'end':
      return isLimit(rest) ? { kind: 'end', end: { kind: rest } } : undefined;
    case 'printenv':
      return { kind: 'environment', key: rest };
    case 'cronium_input':
      return { kind: 'input' };
    case 'cronium_event':
      return { kind: 'event' };
    case 'cronium_output':
      return { kind: 'output', value: jsonOrText(unquote(rest)) };
    case 'platform_error':
      return {
        kind: 'error',
        error: {
          code: rest === 'interpreter_missing' ? rest : 'sandbox_failed',
          message: 'The script asked for this error.',
        },
      };
    case 'vanish':
      return { kind: 'vanish' };
    default:
      return undefined;
  }
}

const LIMITS = ['out_of_memory', 'process_limit', 'disk_full', 'output_limit', 'timeout'] as const;

function isLimit(kind: string): kind is (typeof LIMITS)[number] {
  return LIMITS.some((limit) => limit === kind);
}

function unquote(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // as the bash helper does
  }
}
