import { Logger } from '@nestjs/common';

import { LossReport } from './loss-report';

describe('LossReport', () => {
  it('says once in a while that spans are lost, and once that it is over', () => {
    const said: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((fields) => void said.push(fields));
    jest.spyOn(Logger.prototype, 'log').mockImplementation((fields) => void said.push(fields));
    let now = 0;
    const report = new LossReport('https://user:secret@traces.example.com/v1/traces?key=secret', () => now);
    report.sent();
    expect(said).toEqual([]);
    for (let second = 0; second < 1200; second += 5) {
      now = second * 1000;
      report.lost(10, new Error('It is down.'));
    }
    const receiver = 'https://traces.example.com/v1/traces';
    expect(said).toMatchObject([
      { receiver, lostSpans: 10 },
      { receiver, lostSpans: 1210 },
    ]);
    report.sent();
    report.sent();
    expect(said.slice(2)).toEqual([{ receiver, lostSpans: 2400 }]);
    jest.restoreAllMocks();
  });
});
