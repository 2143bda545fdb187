export const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Prometheus' text format as OpenMetrics 1.0 has it: a counter's family is named without `_total`, there are no empty lines, and the end is
 * said. prom-client writes one or the other for good, and a scraper may ask for either.
 */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter(Boolean);
  const counters = new Set(
    lines
      .flatMap((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? [])
      .map((name) => `${name}_total`),
  );
  const renamed = lines.map((line) => {
    const [, keyword = '', name = '', rest = ''] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    return counters.has(name) ? `# ${keyword} ${name.slice(0, -'_total'.length)} ${rest}` : line;
  });
  return `${[...renamed, '# EOF'].join('\n')}\n`;
}
