import { TestBed } from '@angular/core/testing';
import type { Job } from '@cronium/contracts';

import { JobChoice } from './job-choice';

const job = (serverName: string, attempt: number, state: Job['state']): Job => ({
  id: `${serverName} ${attempt}`,
  serverId: null,
  serverName,
  serverType: 'ssh',
  attempt,
  state,
  waitingFor: null,
  queue: null,
  queuedAt: '2026-01-01T00:00:00.000Z',
  startingAt: null,
  startedAt: null,
  scriptEndedAt: null,
  endedAt: null,
  logEntries: 0,
  logBytes: 0,
  logRemovedAt: null,
});

describe('JobChoice', () => {
  const show = async (jobs: Job[], shown = jobs[0]) => {
    const fixture = TestBed.createComponent(JobChoice);
    const chosen: string[] = [];
    fixture.componentRef.setInput('jobs', jobs);
    fixture.componentRef.setInput('job', shown);
    fixture.componentInstance.choose.subscribe(({ id }) => chosen.push(id));
    await fixture.whenStable();
    const page = fixture.nativeElement as HTMLElement;
    const words = (group: string) =>
      [...page.querySelectorAll<HTMLButtonElement>(`[aria-label="${group}"] button`)].map(
        (button) => button.querySelector('.name')?.textContent,
      );
    return { page, words, chosen };
  };

  it('has nothing to choose when there is one job', async () => {
    const { page } = await show([job('web-01', 1, 'running')]);
    expect(page.querySelector('button')).toBeNull();
  });

  it('shows each server once, and the attempts of the one that is looked at', async () => {
    const jobs = [job('web-01', 1, 'failed'), job('web-01', 2, 'succeeded'), job('web-02', 1, 'failed')];
    const { page, words, chosen } = await show(jobs);
    expect(words('Servers')).toEqual(['web-01', 'web-02']);
    expect(words('Attempts')).toEqual(['Attempt 1 of 2', 'Attempt 2 of 2']);
    expect(page.querySelector('[aria-label="Servers"] [data-state]')?.getAttribute('data-state')).toBe(
      'succeeded',
    );
    page.querySelectorAll<HTMLButtonElement>('[aria-label="Attempts"] button')[1]?.click();
    expect(chosen).toEqual(['web-01 2']);
  });
});
