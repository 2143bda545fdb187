/**
 * Replaces tokens in what a chart is given: echarts calculates with colours, and so needs them as they are. A token's own text will not do,
 * since it may say `light-dark(…)`: the browser is asked what it comes to in the place where the chart stands.
 */
export function tokenValues(host: HTMLElement): <T>(options: T) => T {
  const probe = host.ownerDocument.createElement('span');
  const known = new Map<string, string>();
  const colorOf = (token: string): string => {
    const before = known.get(token);
    if (before !== undefined) return before;
    probe.style.color = token;
    host.append(probe);
    const color = getComputedStyle(probe).color || token;
    probe.remove();
    known.set(token, color);
    return color;
  };
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') return value.startsWith('var(--') ? colorOf(value) : value;
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  };
  return <T>(options: T) => replace(options) as T;
}
