import { TestBed } from '@angular/core/testing';

import { TraceMark } from './trace-mark';

describe('TraceMark', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('shows the beginning of the id and copies all of it', async () => {
    const copied: string[] = [];
    Object.defineProperty(navigator, 'clipboard', {
      configurable: true,
      value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
    });
    const fixture = TestBed.createComponent(TraceMark);
    fixture.componentRef.setInput('traceId', traceId);
    await fixture.whenStable();
    const button = (fixture.nativeElement as HTMLElement).querySelector('button');
    expect(button?.textContent.trim()).toMatch(/^Trace\s*4bf92f35$/);
    expect(button?.getAttribute('aria-label')).toContain(traceId);
    button?.click();
    await fixture.whenStable();
    expect(copied).toEqual([traceId]);
  });
});
