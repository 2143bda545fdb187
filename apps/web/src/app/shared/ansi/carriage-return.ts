/**
 * A line after its carriage returns, as progress bars use them: what was written last stands. A return at the very end is
 * kept while the line goes on (it will overwrite), and is part of the line end when it does not.
 */
export function overwriteReturns(text: string, lineGoesOn: boolean): string {
  if (!text.includes('\r')) return text;
  const trimmed = text.replace(/\r+$/, '');
  const last = trimmed.lastIndexOf('\r');
  const shown = last === -1 ? trimmed : trimmed.slice(last + 1);
  return lineGoesOn && trimmed.length < text.length ? `${shown}\r` : shown;
}
