import {
  Component,
  DestroyRef,
  ElementRef,
  afterNextRender,
  effect,
  inject,
  input,
  signal,
  viewChild,
} from '@angular/core';

import { Theme } from '../../core/theme/theme';
import { follows } from '../layout/media-query';
import type { ChartOptions } from './chart-options';
import type { EChartsView } from './echarts-view';

/**
 * A chart of echarts as the tokens look, in light and dark. It fills its host, which needs a height. Given new options it goes on from what
 * it shows. To readers it is a picture with a label; what the label cannot say belongs in a table beside it.
 */
@Component({
  selector: 'cr-chart',
  template: '<div #host class="host" role="img" [attr.aria-label]="label()"></div>',
  styles: `
    :host {
      display: block;
      min-width: 0;
    }
    .host {
      width: 100%;
      height: 100%;
    }
  `,
})
export class Chart {
  private readonly theme = inject(Theme);

  readonly options = input.required<ChartOptions>();
  /** What the chart shows, in a sentence. */
  readonly label = input.required<string>();

  private readonly host = viewChild.required<ElementRef<HTMLElement>>('host');
  private readonly view = signal<EChartsView | undefined>(undefined);
  private readonly isDark = follows('(prefers-color-scheme: dark)');
  private readonly isCalm = follows('(prefers-reduced-motion: reduce)');

  constructor() {
    let destroyed = false;
    inject(DestroyRef).onDestroy(() => {
      destroyed = true;
      this.view()?.destroy();
    });
    const create = async () => {
      const { EChartsView } = await import('./echarts-view');
      if (!destroyed) this.view.set(new EChartsView(this.host().nativeElement));
    };
    afterNextRender(() => void create());
    effect(() => {
      const scheme = `${this.theme.choice()} ${this.isDark()}`;
      this.view()?.draw(this.options(), scheme, !this.isCalm());
    });
  }
}
