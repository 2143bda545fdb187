import { TestBed } from '@angular/core/testing';
import { Router } from '@angular/router';

import { ApiProblem } from '../../core/http/problem';
import { Toasts, type ToastAction } from '../feedback/toasts';
import { StartFailures } from './start-failures';

describe('StartFailures', () => {
  const show = (code: string, detail: string) => {
    const told: { text: string; action: ToastAction | undefined }[] = [];
    const navigate = jest.fn();
    TestBed.configureTestingModule({
      providers: [
        { provide: Router, useValue: { navigate } },
        {
          provide: Toasts,
          useValue: { show: (text: string, action?: ToastAction) => told.push({ text, action }) },
        },
      ],
    });
    const problem = new ApiProblem(429, code, 'Too many requests', detail);
    TestBed.inject(StartFailures).show({ id: 'event', name: 'Backup' }, problem);
    return { told: told[0], navigate };
  };

  it('leads to what waits of the event when its queue is full', () => {
    const detail =
      '3 executions of the event wait already, as many as it allows (maxQueuedExecutions). Try again.';
    const { told, navigate } = show('event_queue_full', detail);
    expect(told?.text).toBe(
      '“Backup” was not started. 3 executions of the event wait already, as many as it allows. Try again.',
    );
    expect(told?.action?.label).toBe('See what waits');
    told?.action?.act();
    expect(navigate).toHaveBeenCalledWith(['/queue'], { queryParams: { eventId: 'event' } });
  });

  it('only tells of another failure', () => {
    expect(show('forbidden', 'You may not.').told).toEqual({
      text: '“Backup” was not started. You may not.',
      action: undefined,
    });
  });
});
