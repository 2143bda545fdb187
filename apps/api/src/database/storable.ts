/** Places of text that Postgres cannot store: it knows no NUL, and its JSON no half of a surrogate pair. Each as the keys that lead there. */
export function unstorableIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value === 'string') return isStorable(value) ? [] : [[...path]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isStorable(key) ? unstorableIn(inner, [...path, key]) : [[...path]],
  );
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}
