import { stripAnsi } from './ansi';

const tabSize = 8;
const printableAscii = /^[\x20-\x7e]*$/;
const combining = /^\p{Mn}|\p{Me}|\u200d|[\ufe00-\ufe0f]$/u;

/** Unicode blocks that a monospaced face draws two columns wide (East Asian Width W and F, in broad strokes). */
function isWide(point: number): boolean {
  return (
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0x1f300 && point <= 0x1faff) ||
    (point >= 0x20000 && point <= 0x3fffd)
  );
}

/** How many columns a line takes on a screen of unlimited width. */
export function displayWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const character of stripAnsi(text)) {
    if (character === '\t') width += tabSize - (width % tabSize);
    else if (combining.test(character)) continue;
    else width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return width;
}
