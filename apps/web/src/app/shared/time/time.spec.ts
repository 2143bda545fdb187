import { formatBytes } from '../size/bytes';
import { formatDuration, formatRunning } from './duration';
import { formatRelative } from './relative-time';

describe('figures in words', () => {
  it.each([
    [420, '420 ms'],
    [4_200, '4.2 s'],
    [64_000, '1m 04s'],
    [7_500_000, '2h 05m'],
    [273_600_000, '3d 04h'],
    [999.7, '1.0 s'],
    [59_999, '1m 00s'],
  ])('writes %d ms as %s', (milliseconds, words) => {
    expect(formatDuration(milliseconds)).toBe(words);
  });

  it('counts a running duration in whole seconds', () => {
    expect(formatRunning(59_999)).toBe('59 s');
    expect(formatRunning(61_000)).toBe('1m 01s');
  });

  it.each([
    [512, '512 B'],
    [1536, '1.5 KiB'],
    [1023.9 * 1024, '1.0 MiB'],
    [64 * 1024 * 1024, '64.0 MiB'],
  ])('writes %d bytes as %s', (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });

  it.each([
    [2_000, 'just now'],
    [42_000, '42 s ago'],
    [300_000, '5 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [30 * 3_600_000, 'yesterday'],
    [3 * 86_400_000, '3 days ago'],
    [-5_000, 'just now'],
    [-40_000, 'in 1 min'],
    [-45 * 60_000, 'in 45 min'],
    [-5 * 3_600_000, 'in 5 h'],
    [-2 * 86_400_000, 'in 2 days'],
    [-30 * 86_400_000, 'Jul 15, 2026'],
  ])('says of %d ms ago: %s', (ago, words) => {
    const now = Date.parse('2026-06-15T12:00:00Z');
    expect(formatRelative(now - ago, now, 'en')).toBe(words);
  });
});
