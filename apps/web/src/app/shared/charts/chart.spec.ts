import { TestBed } from '@angular/core/testing';

import { Theme } from '../../core/theme/theme';
import { Chart } from './chart';
import type { ChartOptions } from './chart-options';
import { tokenValues } from './token-values';

const drawn: unknown[][] = [];
const destroyed = jest.fn();

jest.mock('./echarts-view', () => ({
  EChartsView: class {
    draw = (...values: unknown[]) => drawn.push(values);
    destroy = () => {
      destroyed();
    };
  },
}));

describe('Chart', () => {
  let calm: boolean;

  beforeEach(() => {
    calm = false;
    drawn.length = 0;
    window.matchMedia = (query: string) =>
      ({
        matches: calm && query.includes('reduced-motion'),
        ...{ addEventListener: () => undefined, removeEventListener: () => undefined },
      }) as unknown as MediaQueryList;
  });
  afterEach(() => localStorage.clear());

  const open = async (options: ChartOptions) => {
    const fixture = TestBed.createComponent(Chart);
    fixture.componentRef.setInput('options', options);
    fixture.componentRef.setInput('label', 'Runs by day');
    await fixture.whenStable();
    // The library comes with an import.
    while (drawn.length === 0) {
      await new Promise((resolve) => setTimeout(resolve));
      fixture.detectChanges();
    }
    return fixture;
  };

  it('draws its options, anew when they or the theme change', async () => {
    const fixture = await open({ series: [] });
    const picture = (fixture.nativeElement as HTMLElement).querySelector('[role=img]');
    expect(picture?.getAttribute('aria-label')).toBe('Runs by day');
    expect(drawn).toEqual([[{ series: [] }, 'system false', true]]);
    fixture.componentRef.setInput('options', { legend: {} });
    fixture.detectChanges();
    TestBed.inject(Theme).choose('dark');
    fixture.detectChanges();
    expect(drawn.slice(1)).toEqual([
      [{ legend: {} }, 'system false', true],
      [{ legend: {} }, 'dark false', true],
    ]);
    fixture.destroy();
    expect(destroyed).toHaveBeenCalledTimes(1);
  });

  it('does not move for those who want no motion', async () => {
    calm = true;
    await open({});
    expect(drawn).toEqual([[{}, 'system false', false]]);
  });

  it('gives echarts the values of tokens, and leaves all else as it is', () => {
    const host = document.createElement('div');
    document.body.append(host);
    const words = () => 'words';
    const at = new Date(0);
    const values = tokenValues(host)({ color: ['#fff', 'var(--accent)'], inner: { words, at, none: null } });
    expect(values).toEqual({ color: ['#fff', expect.any(String)], inner: { words, at, none: null } });
    expect(host.childElementCount).toBe(0);
    host.remove();
  });
});
