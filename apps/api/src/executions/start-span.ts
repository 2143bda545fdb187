import { isUniqueViolation } from '../error-code';
import { DomainError } from '../http/domain-error';
import type { TraceContext } from '../tracing/trace-context';
import type { Span, Tracing } from '../tracing/tracing';
import type { Start } from './execution-starter';

/**
 * The span of one trigger; the jobs of its execution are in it.
 *
 * @param parent the request that triggers it; null begins a trace, as a schedule does
 */
export function beginStart(
  tracing: Tracing,
  { eventId, event, cause }: Start,
  parent: TraceContext | null,
): Span {
  return tracing.begin('execution start', {
    kind: 'producer',
    parent,
    attributes: {
      'cronium.event.id': eventId,
      'cronium.event.name': event.name,
      'cronium.event.type': event.type,
      'cronium.execution.trigger': cause.trigger,
      'cronium.execution.planned_at': cause.plannedAt?.toISOString(),
    },
  });
}

/** A refusal, or a trigger that was there before, is no error of the platform. */
export function failStart(span: Span, error: unknown): void {
  if (error instanceof DomainError) span.set({ 'cronium.refusal': error.code });
  else if (!isUniqueViolation(error)) span.fail('internal_error');
}
