import type { EnforcedResource, EnforcementAction, EnforcementKind } from '@cronium/contracts';

import { formatBytes } from '../size/bytes';
import { formatRunning } from '../time/duration';

export const enforcementKindWords: Record<EnforcementKind, string> = {
  warned: 'Near its limit',
  ended: 'Ended at its limit',
  swept: 'Removed',
  admission_stopped: 'Admission stopped',
  admission_resumed: 'Admission resumed',
};

const resourceWords: Record<EnforcedResource, string> = {
  memory: 'memory',
  disk: 'disk',
  output: 'output',
  processes: 'processes',
  time: 'time',
  sandboxes: 'sandboxes',
  workspaces: 'workspaces',
};

/** The figures that led to it: `80 MiB of 100 MiB memory`, `260 MiB memory left, floor 256 MiB`. */
export function enforcementFigures({
  kind,
  resource,
  used,
  bound,
}: Pick<EnforcementAction, 'kind' | 'resource' | 'used' | 'bound'>): string {
  const word = resourceWords[resource];
  if (kind === 'swept') return sweptFigures(resource, used);
  const [was, limit] = [formatFigure(resource, used), formatFigure(resource, bound ?? 0)];
  if (kind === 'admission_stopped' || kind === 'admission_resumed')
    return `${was} ${word} left, floor ${limit}`;
  return `${was} of ${limit} ${word}`;
}

/** Of what killed runners have left, both the folders and what they held. */
function sweptFigures(resource: EnforcedResource, used: number): string {
  if (resource === 'disk') return `${formatBytes(used)} on disk, left by killed jobs`;
  if (resource === 'workspaces')
    return `${used} ${used === 1 ? 'workspace' : 'workspaces'} left by killed jobs`;
  return `${used} ${used === 1 ? 'sandbox' : 'sandboxes'} of no job`;
}

function formatFigure(resource: EnforcedResource, figure: number): string {
  if (resource === 'time') return formatRunning(figure * 1000);
  return resource === 'processes' || resource === 'sandboxes' ? String(figure) : formatBytes(figure);
}
