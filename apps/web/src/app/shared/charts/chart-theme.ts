const axis = {
  axisLine: { lineStyle: { color: 'var(--line-strong)' } },
  axisTick: { show: false },
  axisLabel: { color: 'var(--text-muted)', fontSize: 12 },
  splitLine: { lineStyle: { color: 'var(--line)' } },
};

/** What every chart looks like, in tokens; a theme of echarts once their values are in it. */
export const chartTheme = {
  color: ['var(--accent)', 'var(--state-running)', 'var(--state-warning)', 'var(--state-lost)'],
  backgroundColor: 'transparent',
  textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', color: 'var(--text)' },
  categoryAxis: { ...axis, splitLine: { show: false } },
  timeAxis: { ...axis, splitLine: { show: false } },
  valueAxis: { ...axis, axisLine: { show: false } },
  legend: {
    textStyle: { color: 'var(--text-muted)', fontSize: 12 },
    inactiveColor: 'var(--line-strong)',
    itemWidth: 14,
    itemHeight: 8,
    itemGap: 16,
  },
  tooltip: {
    backgroundColor: 'var(--surface-raised)',
    borderColor: 'var(--line)',
    textStyle: { color: 'var(--text)', fontSize: 12 },
    axisPointer: {
      lineStyle: { color: 'var(--line-strong)' },
      shadowStyle: { color: 'var(--line)', opacity: 0.35 },
    },
  },
  line: { symbolSize: 5, lineStyle: { width: 2 } },
} as const;
