import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';

import { ServerHistory } from './server-history';

describe('ServerHistory', () => {
  it('asks for the day, and says when nothing is known yet', async () => {
    TestBed.configureTestingModule({ providers: [provideHttpClient(), provideHttpClientTesting()] });
    const fixture = TestBed.createComponent(ServerHistory);
    fixture.componentRef.setInput('id', 'a');
    TestBed.tick();
    TestBed.inject(HttpTestingController)
      .expectOne('/api/servers/a/usage/history?hours=24')
      .flush({ everySeconds: 300, samples: [], last: null });
    await fixture.whenStable();
    expect((fixture.nativeElement as HTMLElement).textContent).toContain('Nothing yet');
    fixture.destroy();
  });
});
