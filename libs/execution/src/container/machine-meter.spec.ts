import { MachineMeter } from './machine-meter';

const room = (at: number, busyTicks?: number, allTicks?: number) => ({
  ...{ at, memoryAvailableBytes: 1, memoryTotalBytes: 2, diskFreeBytes: 3, diskTotalBytes: 4 },
  ...(busyTicks !== undefined && { busyTicks, allTicks }),
});

describe('MachineMeter', () => {
  const cpuPercents = (...rooms: ReturnType<typeof room>[]) => {
    const meter = new MachineMeter();
    return rooms.map((one) => meter.read(one, 4).host?.cpuPercent);
  };

  it('tells what was used since the machine was started, and then since it was read before', () => {
    expect(cpuPercents(room(100_000, 100, 1000), room(130_000, 400, 1400))).toEqual([40, 300]);
  });

  it('takes no difference of runners that spoke within a moment', () => {
    expect(cpuPercents(room(100_000, 100, 1000), room(100_010, 101, 1001))).toEqual([40, 40]);
  });

  it('is not confused by a machine that was started anew', () => {
    expect(cpuPercents(room(100_000, 100, 1000), room(130_000, 10, 100))).toEqual([40, 0]);
  });

  it('tells none where the runner of an earlier version tells no ticks', () => {
    const { host } = new MachineMeter().read(room(0), 4);
    expect(host).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      ...{ memoryAvailableBytes: 1, memoryTotalBytes: 2, diskFreeBytes: 3, diskTotalBytes: 4 },
    });
  });
});
