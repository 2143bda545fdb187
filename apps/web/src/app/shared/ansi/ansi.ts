/** How a run of terminal text looks. Colours: null is the default, 0–255 the palette, `#rrggbb` a true colour. */
export interface AnsiStyle {
  readonly foreground: number | string | null;
  readonly background: number | string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
  readonly strike: boolean;
}

export interface AnsiSpan {
  readonly text: string;
  readonly style: AnsiStyle;
}

export const plainStyle: AnsiStyle = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

/**
 * Escape sequences, complete or cut off at the end of the text: CSI (ECMA-48 5.4; group 1 holds the parameters of an SGR),
 * strings (OSC, DCS, APC, PM, SOS) up to BEL or ST, two-character ones, and the control characters that show nothing.
 */
const escapes =
  /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*(?:[@-~]|$)|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*(?:[0-~]|$)|[\x00-\x08\x0b-\x1f\x7f]/g;
const anyControl = /[\x00-\x08\x0b-\x1f\x7f]/;

/** Whether the text holds anything that `stripAnsi` would take away. */
export function hasControls(text: string): boolean {
  return anyControl.test(text);
}

/** The text without escape sequences and invisible control characters. */
export function stripAnsi(text: string): string {
  return hasControls(text) ? text.replace(escapes, '') : text;
}

/** The text in runs of one look, beginning with the look the text before it ended in. */
export function parseAnsi(text: string, start: AnsiStyle = plainStyle): AnsiSpan[] {
  if (!hasControls(text)) return text === '' ? [] : [{ text, style: start }];
  const spans: AnsiSpan[] = [];
  let style = start;
  let from = 0;
  let run = '';
  for (const match of text.matchAll(escapes)) {
    run += text.slice(from, match.index);
    from = match.index + match[0].length;
    if (match[1] === undefined) continue;
    const next = applySgr(style, match[1]);
    if (run !== '' && next !== style) {
      spans.push({ text: run, style });
      run = '';
    }
    style = next;
  }
  run += text.slice(from);
  if (run !== '') spans.push({ text: run, style });
  return spans;
}

/** The look in which a text ends. */
export function endStyle(text: string, start: AnsiStyle): AnsiStyle {
  if (!text.includes('\x1b')) return start;
  let style = start;
  for (const match of text.matchAll(escapes)) {
    if (match[1] !== undefined) style = applySgr(style, match[1]);
  }
  return style;
}

const switches: Partial<Record<number, Partial<AnsiStyle>>> = {
  0: plainStyle,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { foreground: null },
  49: { background: null },
};

/** Select Graphic Rendition, ECMA-48 8.3.117, with the extended colours of ITU T.416 in both usual spellings. */
function applySgr(style: AnsiStyle, parameters: string): AnsiStyle {
  const codes = parameters.split(';').flatMap((part) => {
    // `4:0` to `4:5` is a kind of underline; `38:2::r:g:b` names a colour space that nobody gives.
    const pieces = part.split(':');
    if (pieces[0] === '4' && pieces.length > 1) return [pieces[1] === '0' ? 24 : 4];
    if (pieces.length > 5 && pieces[1] === '2') pieces.splice(2, 1);
    return pieces.map(Number);
  });
  let next = style;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const change = switches[code];
    if (change !== undefined) next = { ...next, ...change };
    else if (code >= 30 && code <= 37) next = { ...next, foreground: code - 30 };
    else if (code >= 40 && code <= 47) next = { ...next, background: code - 40 };
    else if (code >= 90 && code <= 97) next = { ...next, foreground: code - 82 };
    else if (code >= 100 && code <= 107) next = { ...next, background: code - 92 };
    else if (code === 38 || code === 48) {
      const extended = extendedColour(codes, at + 1);
      if (extended === null) return next;
      next = { ...next, [code === 38 ? 'foreground' : 'background']: extended.colour };
      at += extended.length;
    }
  }
  return next;
}

function extendedColour(codes: number[], at: number): { colour: number | string; length: number } | null {
  const [kind, first, second, third] = codes.slice(at, at + 4);
  const isByte = (value: number | undefined): value is number =>
    value !== undefined && value >= 0 && value <= 255;
  if (kind === 5 && isByte(first)) return { colour: first, length: 2 };
  if (kind === 2 && isByte(first) && isByte(second) && isByte(third)) {
    const hex = [first, second, third].map((value) => value.toString(16).padStart(2, '0')).join('');
    return { colour: `#${hex}`, length: 4 };
  }
  return null;
}

const cubeSteps = [0, 95, 135, 175, 215, 255];

/** A colour for CSS. The sixteen named ones are tokens, legible in both themes; the rest of the palette is xterm’s. */
export function cssColour(colour: number | string): string {
  if (typeof colour === 'string') return colour;
  if (colour < 16) return `var(--ansi-${colour})`;
  if (colour >= 232) {
    const grey = 8 + (colour - 232) * 10;
    return `rgb(${grey} ${grey} ${grey})`;
  }
  const cube = colour - 16;
  const part = (step: number) => cubeSteps[step % 6] ?? 0;
  return `rgb(${part(Math.floor(cube / 36))} ${part(Math.floor(cube / 6))} ${part(cube)})`;
}
