import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';

import { EventDraft } from './event-draft';
import { EventOverlap } from './event-overlap';
import { EventRetry } from './event-retry';

@Component({
  imports: [EventOverlap, EventRetry],
  template: '<cr-event-overlap [form]="draft.form" /><cr-event-retry [form]="draft.form" />',
})
class Page {
  readonly draft = new EventDraft();
}

describe('the policies of an event', () => {
  const show = async () => {
    const fixture = TestBed.createComponent(Page);
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    return { fixture, page, form: fixture.componentInstance.draft.form };
  };

  it('are quiet until they are set, and then say what will happen', async () => {
    const { fixture, page, form } = await show();
    expect(page.textContent).toContain('A run that fails is not tried again.');
    expect(page.querySelector('cr-cause-choice')).toBeNull();
    form.retry.limit().value.set(3);
    form.retry.backoff().value.set('exponential');
    form.overlapPolicy().value.set('skip');
    await fixture.whenStable();
    expect(page.querySelector('[data-testid="retry-sentence"]')?.textContent.trim()).toBe(
      'Up to 3 more attempts, 10 s, 20 s and 40 s after the one before.',
    );
    expect(page.textContent).toContain('another does not run, and is recorded as skipped');
    page.querySelector<HTMLInputElement>('cr-cause-choice input')?.click();
    await fixture.whenStable();
    expect(form.retry.on().value()).not.toContain('exit_code');
    expect(page.textContent).not.toContain('Only these exit codes');
  });

  it('open what is folded away when something in it is not as usual', async () => {
    const { fixture, page, form } = await show();
    const fold = () => page.querySelector('cr-more button')?.getAttribute('aria-expanded');
    expect(fold()).toBe('false');
    form.debounceSeconds().value.set(9999);
    await fixture.whenStable();
    expect(fold()).toBe('true');
  });
});
