import { signal } from '@angular/core';
import type { Alert } from '@cronium/contracts';

export const id = (number: number) => `019abe00-0000-7000-8000-0000000000${number}`;

/** An open alert of a server. */
export const alertOf = (number: number, change: Partial<Alert> = {}): Alert => ({
  id: id(10 + number),
  kind: 'server_unhealthy',
  severity: 'critical',
  state: 'open',
  title: `Alert ${number}`,
  details: {},
  server: { id: id(80), name: 'web-01' },
  event: null,
  count: 1,
  openedAt: '2026-01-01T00:00:00.000Z',
  acknowledgedAt: null,
  acknowledgedBy: null,
  resolvedAt: null,
  ...change,
});

/** A connected socket, on which a test tells of alerts. */
export class FakeRealtime {
  readonly state = signal('connected');
  private readonly listeners = new Set<(alert: Alert) => void>();

  listen({ 'alert.changed': listener }: { 'alert.changed'?: (alert: Alert) => void }): () => void {
    if (listener) this.listeners.add(listener);
    return () => listener && this.listeners.delete(listener);
  }

  tell(alert: Alert): void {
    this.listeners.forEach((listener) => listener(alert));
  }
}
