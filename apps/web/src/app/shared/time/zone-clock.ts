/** An instant as the clocks of a zone show it, as a `datetime-local` field has it. Swedish writes it as ISO 8601 does. */
export function clockIn(timezone: string, instant: string): string {
  return new Date(instant).toLocaleString('sv-SE', { timeZone: timezone }).replace(' ', 'T');
}

/** The instant at which the clocks of a zone show a time, in ISO 8601; undefined for what is no time. */
export function instantIn(timezone: string, local: string): string | undefined {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) return undefined;
  // The second look is for a zone whose clocks change between the guess and the time.
  const guess = wall - offsetAt(timezone, wall);
  return new Date(wall - offsetAt(timezone, guess)).toISOString();
}

function offsetAt(timezone: string, at: number): number {
  const whole = Math.floor(at / 1000) * 1000;
  return Date.parse(`${clockIn(timezone, new Date(whole).toISOString())}Z`) - whole;
}
