import { DomainError } from './domain-error';

/** A version as an entity tag (RFC 9110, section 8.8.3). */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/**
 * The version of an If-Match header; null when there is none, or it is `*`.
 * @throws DomainError when it is not an entity tag of ours
 */
export function versionOf(ifMatch: string | undefined): number | null {
  if (ifMatch === undefined || ifMatch.trim() === '*') return null;
  const [, digits] = /^(?:W\/)?"(\d+)"$/.exec(ifMatch.trim()) ?? [];
  if (digits !== undefined) return Number(digits);
  throw new DomainError('invalid', 'if_match_invalid', 'If-Match is not an ETag of this resource.', [
    {
      path: 'headers.if-match',
      message: 'Give the ETag of the last answer, with its quotes, or leave it out.',
    },
  ]);
}
