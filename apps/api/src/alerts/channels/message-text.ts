import { alertKindFacts } from '@cronium/contracts';

import type { AlertMessage, MessageGroup } from './alert-message';

const marks = { critical: 'Critical', warning: 'Warning', info: 'Info' } as const;

/** One line. */
export function subjectOf({ change, alert }: AlertMessage): string {
  const mark = change === 'resolved' ? 'Resolved' : change === 'test' ? 'Test' : marks[alert.severity];
  return `[Cronium] ${mark}: ${alert.title}`.replace(/\s+/g, ' ').slice(0, 200);
}

/** One line: how many have opened or become worse, how many are over, and how bad it is. */
export function subjectOfGroup(messages: MessageGroup): string {
  const news = messages.filter(({ change }) => change !== 'resolved');
  const over = messages.length - news.length;
  const worst = (['critical', 'warning', 'info'] as const).find((severity) =>
    news.some(({ alert }) => alert.severity === severity),
  );
  const words = [
    ...(news.length > 0 ? [news.length === 1 ? '1 alert' : `${news.length} alerts`] : []),
    ...(over > 0 ? [`${over} resolved`] : []),
  ];
  return `[Cronium] ${worst ? marks[worst] : 'Resolved'}: ${words.join(', ')}`;
}

/** Plain text, for people: first what there is, then each as if it came alone. */
export function textOfGroup(messages: MessageGroup): string {
  const titles = messages.map(
    ({ change, alert }) => `- ${change === 'resolved' ? 'Resolved' : marks[alert.severity]}: ${alert.title}`,
  );
  return [...titles, '', ...messages.flatMap((message) => [rule, '', textOf(message)])].join('\n');
}

const rule = '-'.repeat(60);

/** Plain text, for people. */
export function textOf({ change, alert, at, link }: AlertMessage): string {
  const facts = [
    ['What', alert.kind === 'test' ? 'A test of this channel' : alertKindFacts[alert.kind].label],
    ['Severity', marks[alert.severity]],
    ['Server', alert.server?.name],
    ['Event', alert.event?.name],
    ['Opened', alert.openedAt.toISOString()],
    ['Resolved', alert.resolvedAt?.toISOString()],
    ...Object.entries(alert.details)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [wordsOf(name), String(value)] as const),
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  const heading = {
    opened: 'An alert was opened.',
    severity_raised: 'An alert has become more severe.',
    acknowledged: 'An alert was acknowledged.',
    resolved: 'An alert is over.',
    test: 'This channel works: alerts will reach you like this.',
  }[change];
  return [
    alert.title,
    '',
    heading,
    '',
    ...facts,
    ...(link ? ['', link] : []),
    '',
    `Sent for ${at.toISOString()}`,
    '',
  ].join('\n');
}

/** `lastExecutionId` → `Last execution id` */
function wordsOf(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
