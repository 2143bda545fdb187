import type { ExecutionMonitor, MonitoredServer } from '@cronium/contracts';

import type { UsagePoint } from '../../shared/charts/usage-charts';
import { mostPoints, withSnapshot } from './usage-history';

const server = (id: string, cpuPercent: number) =>
  ({
    id,
    cpu: { usedPercent: cpuPercent, limitCores: 2 },
    memory: { usedBytes: 1, limitBytes: 2 },
    disk: { usedBytes: 3, limitBytes: 4 },
  }) as MonitoredServer;
const snapshot = (second: number, ...servers: MonitoredServer[]): ExecutionMonitor => ({
  at: new Date(second * 1000).toISOString(),
  servers,
});

describe('withSnapshot', () => {
  it('adds a point to each server, and forgets those that are gone', () => {
    const one = withSnapshot(new Map(), snapshot(1, server('a', 10), server('b', 20)));
    const two = withSnapshot(one, snapshot(3, server('a', 30)));
    expect([...two]).toEqual([
      [
        'a',
        [
          { at: 1000, cpuPercent: 10, memoryBytes: 1, diskBytes: 3 },
          { at: 3000, cpuPercent: 30, memoryBytes: 1, diskBytes: 3 },
        ],
      ],
    ]);
  });

  it('is of the machine, where that is known', () => {
    const machine = {
      cpuPercent: 90,
      memory: { usedBytes: 5, limitBytes: 9 },
      disk: { usedBytes: 6, limitBytes: 9 },
    };
    const history = withSnapshot(new Map(), snapshot(1, { ...server('a', 10), machine }));
    expect(history.get('a')).toEqual([{ at: 1000, cpuPercent: 90, memoryBytes: 5, diskBytes: 6 }]);
  });

  it('holds no more after a day than after twenty minutes', () => {
    let history: ReadonlyMap<string, readonly UsagePoint[]> = new Map();
    for (let second = 0; second < 3000; second += 2)
      history = withSnapshot(history, snapshot(second, server('a', second)));
    expect(history.get('a')).toHaveLength(mostPoints);
    expect(history.get('a')?.at(-1)?.cpuPercent).toBe(2998);
  });
});
