import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';

import { type AdvisedLimits, LimitsAdviceTable } from './limits-advice';

const mebibyte = 1024 * 1024;

describe('LimitsAdviceTable', () => {
  it('tells what its jobs used, and gives what would do', async () => {
    TestBed.configureTestingModule({ providers: [provideHttpClient(), provideHttpClientTesting()] });
    const fixture = TestBed.createComponent(LimitsAdviceTable);
    const chosen: AdvisedLimits[] = [];
    fixture.componentInstance.chosen.subscribe((limits) => chosen.push(limits));
    fixture.componentRef.setInput('eventId', 'a');
    TestBed.tick();
    const memoryMb = { most: 90 * mebibyte, typical: 80 * mebibyte, endedAtLimit: 1, suggested: 192 };
    TestBed.inject(HttpTestingController)
      .expectOne('/api/events/a/limits/advice')
      .flush({ jobs: 3, memoryMb, diskMb: null, outputMb: null, timeoutSeconds: null });
    await fixture.whenStable();
    const element = fixture.nativeElement as HTMLElement;
    expect(element.querySelector('[aria-expanded]')?.textContent).toContain('What its last 3 jobs used');
    expect(element.querySelectorAll('tbody tr')).toHaveLength(1);
    expect(element.querySelector('tbody')?.textContent).toContain('90.0 MiB');
    element.querySelector<HTMLElement>('.use')?.click();
    expect(chosen).toEqual([{ memoryMb: 192 }]);
  });
});
