import { factsOf } from './alert-facts';

describe('facts of an alert', () => {
  it('are those that a person can read, with their links and times', () => {
    const id = '019abe00-0000-7000-8000-000000000001';
    const details = {
      value: 96,
      threshold: 95,
      since: '2026-05-01T10:00:00+00:00',
      lastExecutionId: id,
      waits: true,
      jobId: id,
      nested: { a: 1 },
      last: null,
      plannedFor: 'noon',
    };
    expect(factsOf({ details })).toEqual([
      { name: 'Now', value: '96' },
      { name: 'Threshold', value: '95' },
      { name: 'Since', value: '2026-05-01T10:00:00+00:00', at: '2026-05-01T10:00:00.000Z' },
      { name: 'Last execution', value: id, link: ['/executions', id] },
      { name: 'Planned for', value: 'noon' },
    ]);
  });
});
