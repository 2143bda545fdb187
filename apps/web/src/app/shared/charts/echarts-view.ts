import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import { init, use, type ECharts } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

import type { ChartOptions } from './chart-options';
import { chartTheme } from './chart-theme';
import { tokenValues } from './token-values';

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

/** A chart of echarts, and all of echarts that is used: loaded with the first chart. */
export class EChartsView {
  private readonly chart: ECharts;
  private readonly sizes: ResizeObserver;
  private scheme: string | undefined;

  constructor(private readonly host: HTMLElement) {
    this.chart = init(host, tokenValues(host)(chartTheme), { renderer: 'svg' });
    this.sizes = new ResizeObserver(() => this.chart.resize());
    this.sizes.observe(host);
  }

  /**
   * Series keep their place by `id` or name, so that lines that grow move on and do not begin anew.
   *
   * @param scheme whatever says light or dark: when it differs from the last, the tokens have other values now
   * @param moves whether what changes is animated
   */
  draw(options: ChartOptions, scheme: string, moves: boolean): void {
    const values = tokenValues(this.host);
    const isAnother = this.scheme !== undefined && this.scheme !== scheme;
    this.scheme = scheme;
    if (isAnother) this.chart.setTheme(values(chartTheme));
    const given = { animationDuration: 300, animationDurationUpdate: 300, ...options };
    this.chart.setOption(values({ ...given, animation: moves && !isAnother }), {
      replaceMerge: ['series'],
      lazyUpdate: true,
    });
  }

  destroy(): void {
    this.sizes.disconnect();
    this.chart.dispose();
  }
}
